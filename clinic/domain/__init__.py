"""The clinical rules: facts in, answer out; standard library only."""

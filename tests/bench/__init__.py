"""Speed beside a floor, in one run on one machine: `python -m tests.bench`."""

"""Tables, and the one bridge from rows to rules."""

"""Laws over the whole program; each grows with it."""

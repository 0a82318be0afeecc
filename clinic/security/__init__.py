"""Who may what, and what is written down about it."""

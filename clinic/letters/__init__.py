"""From a record to a letter at the GP."""

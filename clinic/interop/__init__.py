"""Files and formats from and to the outside."""

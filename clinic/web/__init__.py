"""One blueprint per job."""

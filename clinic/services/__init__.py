"""What the clinic does: one function per job, no Flask."""

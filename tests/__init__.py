"""The tests: sentences from the clinic, and the laws of the house."""

"""Figures of the study: every function takes `ax` and returns it."""

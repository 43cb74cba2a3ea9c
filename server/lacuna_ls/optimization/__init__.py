"""Rewrites that do the same in less time."""

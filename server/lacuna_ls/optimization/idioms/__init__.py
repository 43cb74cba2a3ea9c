"""Idioms by language."""

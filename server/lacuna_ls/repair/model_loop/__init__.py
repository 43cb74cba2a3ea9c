"""Fixes that a language model drafts: asked with what was observed, believed only when confirmed."""

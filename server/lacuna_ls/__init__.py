"""Lacuna: a language server that proves what it proposes before it proposes it."""

__version__ = "0.1.0"

"""The extraction engine: from a selection to a new function, or a reason."""

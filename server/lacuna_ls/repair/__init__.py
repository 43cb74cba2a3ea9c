"""The repair engine: from a failing test to verified fixes."""

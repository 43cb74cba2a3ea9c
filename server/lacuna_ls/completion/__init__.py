"""The completion engine: from a cursor to a suggestion with holes."""

"""Which tests concern a file, and what their results say."""

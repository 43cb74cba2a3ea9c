"""Documents, languages and trees: the only room that knows tree-sitter."""

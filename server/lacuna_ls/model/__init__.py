"""The embedded model's arithmetic: lexer, counts, decoding."""

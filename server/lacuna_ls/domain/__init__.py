"""Plain values that every room shares: text, completions, candidates, test results, errors."""

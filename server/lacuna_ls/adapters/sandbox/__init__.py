"""Where candidates run: what this system can hold, found by trying it, and how to start there."""

"""Models behind OpenAI-compatible endpoints. Only `wire` knows the SDK, and is imported when needed."""

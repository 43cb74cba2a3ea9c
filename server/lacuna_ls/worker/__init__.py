"""Runs in the user's interpreter: standard library and pytest only, Python 3.9 syntax."""

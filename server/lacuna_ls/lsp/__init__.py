"""The protocol's door: the only room that knows pygls and lsprotocol."""

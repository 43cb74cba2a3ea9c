"""The only room that touches processes, disk and network."""

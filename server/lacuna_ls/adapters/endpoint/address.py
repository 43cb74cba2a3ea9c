"""Where an endpoint is, in the two forms that are needed: for requests, and for messages."""

from urllib.parse import urlsplit


def base_url(endpoint: str) -> str:
    """The root of the API: a bare host serves it under `/v1`, as all servers do."""
    endpoint = endpoint.rstrip("/")
    return f"{endpoint}/v1" if urlsplit(endpoint).path in ("", "/") else endpoint


def host_of(endpoint: str) -> str:
    """Host and port, as a user would name the endpoint."""
    return urlsplit(endpoint).netloc

"""What a server answered instead of what was asked for."""


class Refusal(Exception):  # noqa: N818 - an answer, which may lead to another request
    """`status` is `None` if no whole answer came. `message` is the server's own, not looked at yet."""

    def __init__(self, status: int | None, message: str = "", retry_after: str = "") -> None:
        super().__init__(status)
        self.status = status
        self.message = message
        self.retry_after = retry_after

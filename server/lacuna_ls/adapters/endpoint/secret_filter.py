"""Secrets are taken out of what goes to a model, and put back into what it answers.

Every prompt passes here last, whatever it was made of. Each secret has one placeholder for as long
as the filter lives, so the same text always gives the same prompt; a reply that repeats the
placeholder gets the secret back, on this machine.

The patterns are the published formats of widely used credentials, and strings that are assigned to
names which say what they hold. What is known to be secret, such as the key itself, is found
wherever it stands.
"""

import re
from collections.abc import Iterable, Mapping
from math import log2

_SHORTEST_KNOWN = 8
_KEY_BITS = 3.0
_TELLING_NAME = re.compile(
    r"key|token|secret|passw|passphrase|credential|auth|dsn|private|cookie", re.IGNORECASE
)

_FORMATS = re.compile(
    r"""
    -----BEGIN[ ][A-Z ]*PRIVATE[ ]KEY-----[\s\S]*?(?:-----END[ ][A-Z ]*PRIVATE[ ]KEY-----|\Z)
    | \b(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}\b
    | \bgh[pousr]_\w{20,}
    | \bgithub_pat_\w{20,}
    | \bglpat-[\w-]{16,}
    | \bsk-[\w-]{16,}
    | \b[rs]k_(?:live|test)_\w{10,}
    | \bxox[abeoprs]-[\w-]{10,}
    | \bAIza[\w-]{30,}
    | \bya29\.[\w-]{20,}
    | \bpypi-[\w-]{16,}
    | \bnpm_\w{30,}
    | \bhf_\w{20,}
    | \bSG\.[\w-]{16,}\.[\w-]{16,}
    | \beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*
    | (?<=Bearer[ ])[\w.~+/-]{12,}=*
    | (?<=://)[^\s/:@"']*:[^\s/@"']+(?=@)
    """,
    re.VERBOSE,
)
# It begins at the telling part of a name and not before: so it is linear in the text.
_ASSIGNED = re.compile(
    r"""
    (?P<name>(?:passw(?:or)?d|passphrase|pwd|secret|token|api_?key|private_?key|access_?key
       |auth_?key|credentials?)[\w.-]{0,40})
    ["']?\]?\s*(?::\s*\w+\s*=|[:=]|=>|,)\s*[rbuf]{0,2}
    (?:(?P<quote>["'])(?P<quoted>[^"'\s]{6,})(?P=quote)|(?P<bare>[^\s"'(){}\[\],;]{12,}))
    """,
    re.VERBOSE | re.IGNORECASE,
)
_SURELY = re.compile(r"passw|passphrase|pwd|secret", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"REDACTED_SECRET_(\d+)")


class SecretFilter:
    """One per model. `known` are secrets by value, of which short ones are left out."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._known = sorted({k for k in known if len(k) >= _SHORTEST_KNOWN}, key=len, reverse=True)
        self._placeholders: dict[str, str] = {}
        self._secrets: list[str] = []

    def redacted(self, text: str) -> str:
        """The text without its secrets."""
        for secret in self._known:
            if secret in text:
                text = text.replace(secret, self._placeholder(secret))
        text = _FORMATS.sub(lambda match: self._placeholder(match.group()), text)
        return _ASSIGNED.sub(self._without_value, text)

    def around(self, prefix: str, suffix: str) -> tuple[str, str] | None:
        """Both sides of a cursor without their secrets; `None` for a cursor inside of one.

        A secret that is being written has no end yet: the end of its line is taken for one.
        """
        before, after = prefix.rpartition("\n")[2], suffix.partition("\n")[0]
        line = self.redacted(before)
        ends = (after, *(quote for quote in "\"'"))
        if any(self._spans(before, end, line) for end in ends):
            return None
        return self.redacted(prefix), self.redacted(suffix)

    def _spans(self, before: str, after: str, redacted_before: str) -> bool:
        """Whether something that is secret begins in `before` and goes on in `after`."""
        whole = self.redacted(before + after)
        return not whole.startswith(redacted_before)

    def restored(self, text: str) -> str:
        """The text with the secrets back that `redacted` took out; of others nothing is known."""
        return _PLACEHOLDER.sub(self._secret, text)

    def _without_value(self, match: re.Match[str]) -> str:
        group = "quoted" if match["quoted"] is not None else "bare"
        value = match[group]
        if _PLACEHOLDER.search(value) or not _is_secret(match["name"], value, bare=group == "bare"):
            return match.group()
        start, end = (at - match.start() for at in match.span(group))
        return match.group()[:start] + self._placeholder(value) + match.group()[end:]

    def _placeholder(self, secret: str) -> str:
        if secret not in self._placeholders:
            self._placeholders[secret] = f"REDACTED_SECRET_{len(self._secrets) + 1}"
            self._secrets.append(secret)
        return self._placeholders[secret]

    def _secret(self, match: re.Match[str]) -> str:
        number = match[1]
        known = number[0] != "0" and len(number) < 10 and int(number) <= len(self._secrets)
        return self._secrets[int(number) - 1] if known else match.group()


def known_secrets(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Values of the variables whose names say that they hold something secret."""
    return tuple(value for name, value in environment.items() if _TELLING_NAME.search(name))


def _is_secret(name: str, value: str, *, bare: bool) -> bool:
    """What is called a password is one; a "key" or a "token" has to look like one, too."""
    random = any(c.isdigit() for c in value) and _bits(value) >= _KEY_BITS
    if bare:
        # Without quotes it may as well be an expression of the program.
        return random and re.fullmatch(r"[\w+/=-]{16,}", value) is not None
    return random if not _SURELY.search(name) else True


def _bits(text: str) -> float:
    """Shannon's entropy of the characters."""
    shares = [text.count(c) / len(text) for c in set(text)]
    return -sum(share * log2(share) for share in shares)

"""Secrets are taken out of what goes to a model, and put back into what it answers.

Every prompt passes here last, whatever it was made of. Each secret has one placeholder for as long
as the filter lives, so the same text always gives the same prompt; a reply that repeats the
placeholder gets the secret back, on this machine.

The patterns are the published formats of widely used credentials, and strings that are assigned to
names which say what they hold. What is known to be secret, such as the key itself, is found
wherever it stands.
"""

import re
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from functools import cache
from math import log2

_SHORTEST_KNOWN = 8
_MOST_KEPT = 64
_KEY_BITS = 3.0
_TELLING_NAME = re.compile(
    r"key|token|secret|passw|passphrase|credential|auth|dsn|private|cookie", re.IGNORECASE
)

# Each with what stands in every text that it matches: most texts have none of these, and a search for
# all formats at every place takes longer than anything else that is done to a prompt.
_FORMATS = (
    (
        ("PRIVATE KEY",),
        r"-----BEGIN[ ][A-Z ]*PRIVATE[ ]KEY-----(?s:.*?)(?:-----END[ ][A-Z ]*PRIVATE[ ]KEY-----|\Z)",
    ),
    (("AKIA", "ASIA", "ABIA", "ACCA"), r"\b(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}\b"),
    (("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"\bgh[pousr]_\w{20,}"),
    (("github_pat_",), r"\bgithub_pat_\w{20,}"),
    (("glpat-",), r"\bglpat-[\w-]{16,}"),
    (("sk-",), r"\bsk-[\w-]{16,}"),
    (("k_live_", "k_test_"), r"\b[rs]k_(?:live|test)_\w{10,}"),
    (("xox",), r"\bxox[abeoprs]-[\w-]{10,}"),
    (("AIza",), r"\bAIza[\w-]{30,}"),
    (("ya29.",), r"\bya29\.[\w-]{20,}"),
    (("pypi-",), r"\bpypi-[\w-]{16,}"),
    (("npm_",), r"\bnpm_\w{30,}"),
    (("hf_",), r"\bhf_\w{20,}"),
    (("SG.",), r"\bSG\.[\w-]{16,}\.[\w-]{16,}"),
    (("eyJ",), r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"),
    (("Bearer ",), r"(?<=Bearer[ ])[\w.~+/-]{12,}=*"),
    (("://",), r"(?<=://)[^\s/:@\"']*:[^\s/@\"']+(?=@)"),
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
_ASSIGNED_SIGNS = (
    "passw", "passphrase", "pwd", "secret", "token", "apikey", "api_key", "privatekey", "private_key",
    "accesskey", "access_key", "authkey", "auth_key", "credential",
)  # fmt: skip
_SURELY = re.compile(r"passw|passphrase|pwd|secret", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"REDACTED_SECRET_(\d+)")


class SecretFilter:
    """One per model. `known` are secrets by value, of which short ones are left out."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._known = sorted({k for k in known if len(k) >= _SHORTEST_KNOWN}, key=len, reverse=True)
        self._placeholders: dict[str, str] = {}
        self._secrets: list[str] = []
        # What does not change from key to key is not looked through again.
        self._redacted: OrderedDict[str, str] = OrderedDict()

    def redacted(self, text: str) -> str:
        """The text without its secrets."""
        known = self._redacted.get(text)
        if known is None:
            known = self._redacted[text] = self._without_secrets(text)
            if len(self._redacted) > _MOST_KEPT:
                self._redacted.popitem(last=False)
        return known

    def _without_secrets(self, text: str) -> str:
        for secret in self._known:
            if secret in text:
                text = text.replace(secret, self._placeholder(secret))
        formats = _pattern(tuple(any(sign in text for sign in signs) for signs, _ in _FORMATS))
        if formats is not None:
            text = formats.sub(lambda match: self._placeholder(match.group()), text)
        lower = text.lower()
        if not any(sign in lower for sign in _ASSIGNED_SIGNS):
            return text
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


@cache
def _pattern(present: tuple[bool, ...]) -> re.Pattern[str] | None:
    """The formats that a text can hold, in one pass."""
    formats = [form for (_, form), is_there in zip(_FORMATS, present, strict=True) if is_there]
    return re.compile("|".join(formats)) if formats else None


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

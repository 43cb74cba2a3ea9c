"""What all requests to one endpoint share: its wire, its key, its secrets, and words for its refusals."""

import asyncio
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from lacuna_ls.adapters.endpoint.address import host_of
from lacuna_ls.adapters.endpoint.keys import key_for
from lacuna_ls.adapters.endpoint.refusal import Refusal
from lacuna_ls.adapters.endpoint.retries import asked_s
from lacuna_ls.adapters.endpoint.secret_filter import SecretFilter, known_secrets
from lacuna_ls.domain.errors import ModelBusyError, ModelError

if TYPE_CHECKING:
    from lacuna_ls.adapters.endpoint.wire import Wire

_MOST_QUOTED = 160
_OPTIONAL = ("max_tokens", "temperature", "n", "logprobs", "top_logprobs", "stream_options", "stop")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What the user has named: all of it theirs, none of it from a repository.

    `name` is empty where the endpoint's first model is meant, `key_variable` where no variable holds
    a key. `deadline_s` bounds one answer of a chat, every attempt included; `complete_deadline_s` one
    completion.
    """

    url: str
    name: str = ""
    key_variable: str = ""
    deadline_s: float = 120.0
    complete_deadline_s: float = 20.0


class Connection:
    """One endpoint as requests need it. `environment` holds the key, and what must never leave."""

    def __init__(self, endpoint: Endpoint, environment: Mapping[str, str]) -> None:
        self.endpoint = endpoint
        self.host = host_of(endpoint.url)
        self.name = endpoint.name
        self._environment = environment
        self.secrets = SecretFilter(known_secrets(environment))
        self._wire: asyncio.Future[Wire] | None = None
        self._unsupported: set[str] = set()

    @property
    def model_id(self) -> str:
        return self.name or self.host

    def demand_key(self) -> None:
        """Raises `ModelError` where the user has named a key that is not there."""
        variable = self.endpoint.key_variable
        if variable and not self._environment.get(variable):
            raise ModelError(
                f"the environment variable {self.endpoint.key_variable} is not set; "
                "lacuna.model.apiKeyEnvironmentVariable names it"
            )

    async def wire(self) -> "Wire":
        """The wire; the SDK is imported beside the event loop, because that takes its time."""
        if self._wire is None:
            self._wire = asyncio.ensure_future(self._connect())
        return await asyncio.shield(self._wire)

    async def named(self) -> str:
        """The model's name; that of the endpoint's first model if the user has named none.

        Raises:
            Refusal: the endpoint does not say.
            ModelError: it has none.
        """
        if not self.name:
            names = await (await self.wire()).models()
            if not names:
                raise ModelError(f"{self.host} has no model loaded")
            self.name = names[0]
        return self.name

    async def close(self) -> None:
        """Close what was opened."""
        if self._wire is not None and self._wire.done() and not self._wire.cancelled():
            await self._wire.result().close()

    async def _connect(self) -> "Wire":
        module = await asyncio.to_thread(import_module, f"{__package__}.wire")
        endpoint = self.endpoint
        # A keyring may ask the user, and takes its time for it.
        key = await asyncio.to_thread(
            key_for, endpoint.url, endpoint.key_variable, self._environment
        )
        self.secrets = SecretFilter((key.value, *known_secrets(self._environment)))
        wire: Wire = module.Wire(endpoint.url, key.value)
        return wire

    def parameters(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """What is asked for, in the words that this server has understood so far."""
        parameters = dict(asked)
        if "max_tokens" in self._unsupported and "max_tokens" in parameters:
            parameters["max_completion_tokens"] = parameters["max_tokens"]
        return {name: value for name, value in parameters.items() if name not in self._unsupported}

    def learnt(self, refusal: Refusal, asked: Mapping[str, Any]) -> bool:
        """Whether the server refused a parameter that it can do without; remembered from then on."""
        if refusal.status not in (400, 422):
            return False
        for name in _OPTIONAL:
            named = re.search(rf"(?<![\w]){name}(?![\w])", refusal.message)
            if named and name in asked and name not in self._unsupported:
                self._unsupported.add(name)
                return True
        return False

    def error_of(self, refusal: Refusal) -> ModelError:
        """What is raised of a refusal."""
        asked = asked_s(refusal.retry_after)
        words = self.in_words(refusal)
        return ModelError(words) if asked is None else ModelBusyError(words, asked)

    def in_words(self, refusal: Refusal) -> str:
        """One sentence: what happened, and what the user can do."""
        host, status = self.host, refusal.status
        quoted = plain(self.secrets.redacted(refusal.message))
        if status is None:
            what = quoted or "it could not be reached, or hung up"
            return f"no answer from {host}: {what}"
        if status in (401, 403):
            return (
                f"{host} did not accept the key ({status}); lacuna.model.apiKeyEnvironmentVariable "
                "names the environment variable that holds it"
            )
        if 300 <= status < 400:
            return f"{host} redirects elsewhere ({status}), and redirects are not followed"
        if status == 429:
            asked = asked_s(refusal.retry_after)
            later = f", and asks to wait {asked:.0f} s" if asked is not None else ""
            return f"{host} has had too many requests (429){later}"
        return f"{host} could not answer ({status})" + (f": {quoted}" if quoted else "")


def sendable(text: str) -> str:
    """JSON has no form for a lone surrogate that every server takes."""
    return text.encode("utf-8", "replace").decode("utf-8")


def plain(text: str) -> str:
    """A server's sentence as one short line of plain text."""
    kept = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in text)
    line = " ".join(kept.split())
    return line if len(line) <= _MOST_QUOTED else line[: _MOST_QUOTED - 1] + "…"

"""The model that the user's settings name now."""

from collections.abc import Callable, Mapping

from lacuna_ls.adapters.endpoint.chat_model import Endpoint, EndpointModel
from lacuna_ls.settings import Settings


class ChosenModel:
    """Keeps one model, with its connections, until the settings name another."""

    def __init__(self, settings: Callable[[], Settings], environment: Mapping[str, str]) -> None:
        self._settings = settings
        self._environment = environment
        self._chosen: tuple[Endpoint, EndpointModel] | None = None
        self._replaced: list[EndpointModel] = []

    def for_chat(self) -> EndpointModel | None:
        """`None` if no endpoint is named."""
        settings = self._settings()
        if not settings.model_endpoint:
            return None
        name = settings.model_chat_name or settings.model_name
        endpoint = Endpoint(settings.model_endpoint, name, settings.model_key_variable)
        if self._chosen is None or self._chosen[0] != endpoint:
            if self._chosen is not None:
                # Somebody may be asking it: it is closed with the others.
                self._replaced.append(self._chosen[1])
            self._chosen = endpoint, EndpointModel(endpoint, self._environment)
        return self._chosen[1]

    async def close(self) -> None:
        for model in (*self._replaced, *([self._chosen[1]] if self._chosen else [])):
            await model.close()

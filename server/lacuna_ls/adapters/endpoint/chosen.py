"""The models that the user's settings name now."""

from collections.abc import Callable, Mapping

from lacuna_ls.adapters.endpoint.chat_model import Endpoint, EndpointModel
from lacuna_ls.settings import Settings


class ChosenModel:
    """Keeps a model for each purpose, with its connections, until the settings name another."""

    def __init__(self, settings: Callable[[], Settings], environment: Mapping[str, str]) -> None:
        self._settings = settings
        self._environment = environment
        self._models: dict[Endpoint, EndpointModel] = {}

    def for_chat(self) -> EndpointModel | None:
        """`None` if no endpoint is named."""
        settings = self._settings()
        return self._named(settings, settings.model_chat_name or settings.model_name)

    def for_completion(self) -> EndpointModel | None:
        """`None` if no endpoint is named."""
        settings = self._settings()
        return self._named(settings, settings.model_name)

    async def close(self) -> None:
        for model in self._models.values():
            await model.close()

    def _named(self, settings: Settings, name: str) -> EndpointModel | None:
        """Those that the settings do not name any more may still be asked: all close together."""
        if not settings.model_endpoint:
            return None
        endpoint = Endpoint(settings.model_endpoint, name, settings.model_key_variable)
        if endpoint not in self._models:
            self._models[endpoint] = EndpointModel(endpoint, self._environment)
        return self._models[endpoint]

"""What tests in several folders share: one real server for each module that asks for it."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings

from e2e.real_server import Editor, connected

# A test does not fail because the machine has other work.
settings.register_profile(
    "patient",
    settings(),
    deadline=None,
    suppress_health_check=[*settings().suppress_health_check, HealthCheck.too_slow],
)
settings.load_profile("patient")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def window(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Editor]:
    """An editor with a server that takes a module's tests in turn: what breaks it in one test
    shows in the next."""
    base = tmp_path_factory.getbasetemp().resolve()
    home = tmp_path_factory.mktemp("home")
    async with connected(tmp_path_factory.mktemp("first"), home, trustedFolders=[str(base)]) as own:
        yield own


@pytest.fixture
def editor(window: Editor) -> Iterator[Editor]:
    """The module's editor; each test opens a folder of its own in it."""
    yield window
    window.leave()

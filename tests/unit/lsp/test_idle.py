"""A server that has nothing to do does nothing."""

import asyncio

from lacuna_ls.lsp.opportunity_hints import OpportunityHints
from unit.lsp.desk import Desk


async def test_no_timer_runs_once_all_is_answered(tmp_path):
    desk = Desk(tmp_path)
    desk.server.opportunity_hints = OpportunityHints(desk.server, rest_s=0)
    await desk.show("RED\n")
    await desk.menu()
    while desk.server.opportunity_hints.is_busy:  # noqa: ASYNC110 - a thread works
        await asyncio.sleep(0)
    loop = asyncio.get_running_loop()
    timers = [each for each in loop._scheduled if not each.cancelled()]  # type: ignore[attr-defined]
    assert timers == []

"""Planted secrets are seen nowhere again."""

from faults.canaries import leaks


async def test_no_planted_secret_is_sent_logged_or_kept(tmp_path):
    count, seen = await leaks(tmp_path)
    assert count == 50
    assert seen == []

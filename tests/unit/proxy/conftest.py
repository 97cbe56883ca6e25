"""What tests of connections need: none of them outlives its test."""

import asyncio
from collections.abc import AsyncIterator

import pytest


@pytest.fixture
async def all_connections_end() -> AsyncIterator[None]:
    """End what still serves a connection: before Python 3.12 no server waits for it."""
    yield
    serving = asyncio.all_tasks() - {asyncio.current_task()}
    for one in serving:
        one.cancel()
    await asyncio.gather(*serving, return_exceptions=True)
    await asyncio.sleep(0)  # a transport that was closed goes in the next round

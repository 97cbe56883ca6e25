"""What tests of connections need: none of them outlives its test."""

import asyncio
from collections.abc import AsyncIterator

import pytest


@pytest.fixture
async def all_connections_end() -> AsyncIterator[None]:
    """Let what serves connections come to its end: before Python 3.12 no server waits for it."""
    yield
    while serving := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(serving)
    await asyncio.sleep(0)  # a transport that was closed goes in the next round

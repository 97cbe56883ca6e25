"""The simulator's own clock: real time, shifted; it can be set while the server runs."""

from datetime import UTC, datetime, timedelta


class SimulatedClock:
    """Runs at the speed of real time from wherever it was set."""

    def __init__(self, start: datetime | None = None) -> None:
        self._shift = timedelta()
        if start is not None:
            self.set(start)

    def now(self) -> datetime:
        """The simulated instant, aware UTC."""
        return datetime.now(UTC) + self._shift

    def set(self, instant: datetime) -> None:
        """From now on it is `instant` (aware)."""
        self._shift = instant.astimezone(UTC) - datetime.now(UTC)

    def advance(self, seconds: float) -> None:
        """Skip `seconds`; negative goes back."""
        self._shift += timedelta(seconds=seconds)


def parse_instant(text: str) -> datetime:
    """An ISO 8601 instant; without an offset it is UTC. Raises ValueError."""
    instant = datetime.fromisoformat(text)
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant

"""What a user has to experiment with, as they say or as captures show.

Invariant: pure; nothing is taken to be there that was neither named nor seen.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple, get_args

from pawwork_proxy.errors import ConfigurationError
from pawwork_proxy.model.experiment import Lacking
from pawwork_proxy.model.observation import ABSENT, PUBLIC, Observation

MOST = 99
EXAMPLE = "networks=2,devices=1,keys=0,ipv6=no"
NO_KEY = frozenset({None, ABSENT, PUBLIC})


class Means(NamedTuple):
    """How many of each there are; a trial names the least that it needs in the same way."""

    networks: int = 1
    """Networks that the machine can be on, by turns, the usual one among them."""
    devices: int = 1
    keys: int = 0
    """API keys of one's own."""
    ipv6: bool = False
    """Whether the machine can leave by IPv6 as well as by IPv4."""

    def lacks(self, needed: "Means") -> tuple[Lacking, ...]:
        """Of what there is less than needed."""
        names: tuple[Lacking, ...] = get_args(Lacking)
        return tuple(name for name in names if getattr(self, name) < getattr(needed, name))

    def __str__(self) -> str:
        """As `parse_means` reads it."""
        ipv6 = "yes" if self.ipv6 else "no"
        return f"networks={self.networks},devices={self.devices},keys={self.keys},ipv6={ipv6}"


EVERYTHING = Means(MOST, MOST, MOST, True)


def parse_means(text: str, place: str, otherwise: Means = Means()) -> Means:  # noqa: B008  a value
    """Means as a text; what it does not name is as in `otherwise`.

    Raises ConfigurationError, which names the place, the part that is wrong, and what to write.
    """
    found: dict[str, int | bool] = {}
    for part in text.split(","):
        name, _, value = (piece.strip() for piece in part.partition("="))
        read = _READ.get(name)
        if read is None or name in found:
            known = ", ".join(_READ)
            again = "is there twice" if name in found else f"is none of {known}"
            raise ConfigurationError(f"{place}: '{name}' {again}", f"write {EXAMPLE}, or a part")
        least = read(value)
        if least is None:
            what = "yes or no" if name == "ipv6" else f"a number from {_LEAST[name]} to {MOST}"
            raise ConfigurationError(f"{place}: {name} is {what}", f"write {EXAMPLE}, or a part")
        found[name] = least
    return otherwise._replace(**found)  # type: ignore[arg-type]  # each value is of its name's type


_LEAST = {"networks": 1, "devices": 1, "keys": 0}


def _number(least: int) -> Callable[[str], int | None]:
    def read(value: str) -> int | None:
        number = int(value) if value.isascii() and value.isdecimal() and len(value) < 3 else -1
        return number if number >= least else None

    return read


_READ: dict[str, Callable[[str], int | bool | None]] = {
    **{name: _number(least) for name, least in _LEAST.items()},
    "ipv6": {"yes": True, "no": False}.get,
}


def means_seen(observations: Iterable[Observation]) -> Means:
    """What captures show: each network, device and key that was used can be used again."""
    seen = [one.who for one in observations]
    labels = {who.network for who in seen} - {None}
    places = {who.prefix or who.address for who in seen} - {None}
    return Means(
        networks=max(len(labels or places), 1),
        devices=max(len({who.device for who in seen} - {None}), 1),
        keys=len({who.key for who in seen} - NO_KEY),
        ipv6=len({who.family for who in seen if who.family in {"ipv4", "ipv6"}}) > 1,
    )

"""Other names for installs and networks, in everything that goes into a bundle.

A name is changed where a line is read, so that records, notes, header, summary and preview agree.
Invariant: who is renamed stays apart from everybody else.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pawwork_proxy.captures.lines import Damage, read_line
from pawwork_proxy.errors import ConfigurationError
from pawwork_proxy.model.capture import CaptureLine, End, Header
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.handshake import Hello

Names = Mapping[str, str]
"""New names by old ones."""


@dataclass
class Renaming:
    """Reads lines under other names, and remembers which names it has met."""

    installs: Names
    networks: Names
    _met: dict[str, set[str]] = field(default_factory=lambda: {"install": set(), "network": set()})

    def read(self, raw: bytes, number: int) -> CaptureLine | Damage:
        """One line of a capture, renamed."""
        line = read_line(raw, number)
        match line:
            case Header():
                installs = tuple(
                    one.model_copy(update={"label": self._install(one.label)})
                    for one in line.installs
                )
                network = self._network(line.network)
                return line.model_copy(update={"installs": installs, "network": network})
            case Exchange():
                names = {
                    "install": self._install(line.context.install),
                    "network": self._network(line.context.network),
                }
                context = line.context.model_copy(update=names)
                return line.model_copy(update={"context": context})
            case Damage() | Hello() | End():
                return line
        return line.model_copy(update={"install": self._install(line.install)})

    def of_installs(self, labels: Iterable[str]) -> frozenset[str]:
        """What installs are called once they are renamed."""
        return frozenset(self.installs.get(label, label) for label in labels)

    def check(self) -> None:
        """After the last line: ConfigurationError for a name that nobody has, or somebody else."""
        for kind, names in (("install", self.installs), ("network", self.networks)):
            option = f"--rename-{kind}"
            for old, new in names.items():
                if old not in self._met[kind]:
                    raise ConfigurationError(
                        f"{option}: no {kind} in these captures is called {old}",
                        "'pawwork-proxy show' lists the names",
                    )
                if new in self._met[kind] - names.keys():
                    raise ConfigurationError(
                        f"{option}: another {kind} in these captures is called {new}",
                        "choose a name that is free",
                    )

    def _install(self, label: str | None) -> str | None:
        return self._renamed("install", self.installs, label)

    def _network(self, label: str | None) -> str | None:
        return self._renamed("network", self.networks, label)

    def _renamed(self, kind: str, names: Names, label: str | None) -> str | None:
        if label is None:
            return None
        self._met[kind].add(label)
        return names.get(label, label)

"""Captures that differ as many people's do: they roam, retry, have keys and clocks of their own.

They contradict each other as real ones do: some answers are not what the server's rule says.
Invariant: the files are a function of the number given, and but for those answers a server that
counts per network address and day decided about every request.
"""

import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

SAMPLE = Path(__file__).resolve().parent.parent / "captures/samples/one-network/home.jsonl"
START = datetime(2026, 11, 2, tzinfo=UTC)
INSTALLS, CLIENTS, NETWORKS, DAYS = 50, 30, 20, 30
DAYS_OF_A_CAPTURE = 5
MODELS = ("big-pickle", "nemotron-free", "north-free", "mimo-free")
REGIONS = ("FRA", "AMS", "SIN", "SJC")
ROUNDS = 4
"""Requests of a user action, where none is refused."""
TRIES = 3
"""How often a client asks in all for what is refused."""
ODD = 0.002
"""This share of the answers is not what the rule says."""

Lines = list[dict[str, Any]]


@dataclass
class _Install:
    name: str
    homes: list[int]
    """Networks that it roams among."""
    agents: list[str]
    """Versions of its client; the second comes in the middle of the time."""
    key: str | None
    sees_egress: bool
    clock: timedelta
    """How much its clock is ahead."""
    conversation: str = ""
    captures: dict[int, Lines] = field(default_factory=dict)


class _Month:
    """Who asks when, and what comes of it."""

    def __init__(self, exchanges: int) -> None:
        self.draw = random.Random(exchanges)
        self.header, *records = map(json.loads, SAMPLE.read_text("utf-8").splitlines())
        self.by_kind = {
            one["outcome"]["kind"]: json.dumps(one) for one in records if "outcome" in one
        }
        self.left = exchanges
        self.per_day = exchanges // DAYS
        self.limit = self.per_day // NETWORKS
        self.installs = [self._install(number) for number in range(INSTALLS)]

    def play(self) -> None:
        """Let every prompt of every day happen, in the order of time."""
        for day in range(DAYS):
            used: Counter[int] = Counter()
            moments = sorted(self.draw.uniform(60, 86_000) for _ in range(self.per_day // 3))
            last = self.left - self.per_day
            for moment in moments:
                if self.left > last:
                    self._prompt(day, START + timedelta(days=day, seconds=moment), used)

    def _install(self, number: int) -> _Install:
        draw = self.draw
        return _Install(
            f"install{number}",
            draw.sample(range(NETWORKS), draw.choice((1, 1, 2, 3))),
            [f"opencode/1.{14 + n // 10}.{n % 10}" for n in sorted(draw.sample(range(CLIENTS), 2))],
            self._id("key") if draw.random() < 0.3 else None,
            draw.random() < 0.8,
            timedelta(seconds=draw.uniform(-40, 40)),
        )

    def _id(self, kind: str) -> str:
        return f"{kind}:{self.draw.getrandbits(96):024x}"

    def _prompt(self, day: int, at: datetime, used: Counter[int]) -> None:
        draw, install = self.draw, self.draw.choice(self.installs)
        if not install.conversation or draw.random() < 0.3:
            install.conversation = self._id("session")
        home, model, action = draw.choice(install.homes), draw.choice(MODELS), self._id("request")
        lines = install.captures.setdefault(day // DAYS_OF_A_CAPTURE, [])
        tries = 0
        for _ in range(draw.randint(1, ROUNDS) + TRIES):
            refused = (used[home] >= self.limit) != (draw.random() < ODD)
            kind = "free_usage_limit" if refused else "success"
            line = self._line(install, kind, at, home, day)
            line["seq"] = len(lines) + 1
            line["request"] |= {"session": install.conversation, "request": action}
            line["request"] |= {"model": model, "model_group": model[:2]}
            lines.append(line)
            self.left -= 1
            at += timedelta(seconds=draw.uniform(1, 8))
            used[home] += not refused
            tries = tries + 1 if refused else 0
            if tries == TRIES or (not refused and draw.random() < 1 / ROUNDS):
                return

    def _line(
        self, install: _Install, kind: str, at: datetime, home: int, day: int
    ) -> dict[str, Any]:
        line: dict[str, Any] = json.loads(self.by_kind[kind])
        context, date = line["context"], f"{at:%Y-%m-%dT%H:%M:%SZ}"
        context |= {"install": install.name, "network": f"network{home}"}
        context |= {
            name: f"{name[:7]}:{install.name[7:]:0>24}" for name in ("install_id", "device")
        }
        del context["source_address"]
        if install.sees_egress:
            egress = {"observed_at": date, "address": f"ip:{home:024x}", "family": "ipv4"}
            context["egress"] = egress | {"colo": REGIONS[home % len(REGIONS)]}
        line["timing"]["started_at"] = (at + install.clock).isoformat()
        line["request"]["user_agent"] = install.agents[day >= DAYS // 2]
        if install.key:
            line["auth"] |= {"kind": "user_key", "pseudonym": install.key}
        ray = f"{self.draw.getrandbits(64):016x}-{REGIONS[home % len(REGIONS)]}"
        line["response"] |= {"date": date, "cf_ray": ray, "colo": ray[-3:]}
        line["signals"]["date"] = date
        for hint in line["signals"]["retry_hints"]:
            hint["seconds"] = (START + timedelta(days=day + 1) - at).total_seconds()
        return line

    def files(self) -> Iterator[tuple[str, Lines]]:
        """Each capture's name and lines; the header says when it began."""
        for install in self.installs:
            for part, lines in install.captures.items():
                name = f"{int(install.name[7:]):08x}{part:08x}"
                began = lines[0]["timing"]["started_at"]
                installs = [{"label": install.name, "id": lines[0]["context"]["install_id"]}]
                header = self.header | {"capture_id": name, "started_at": began}
                header["installs"] = [self.header["installs"][0] | installs[0]]
                end = {"type": "end", "at": lines[-1]["timing"]["started_at"]}
                end |= {"exchanges": len(lines), "reason": "finished"}
                yield name, [header, *lines, end]


def write_varied(folder: Path, exchanges: int) -> None:
    """About so many exchanges: a file for each install and every few days."""
    month = _Month(exchanges)
    month.play()
    for name, lines in month.files():
        (folder / f"{name}.jsonl").write_text("".join(map(as_line, lines)), "utf-8")


def as_line(record: dict[str, Any]) -> str:
    """A record as a line of a capture."""
    return json.dumps(record, separators=(",", ":")) + "\n"

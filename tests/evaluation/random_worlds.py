"""Draws worlds: rules, people and what they do, with the traps of real data."""

import random
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from typing import get_args

from pawwork_proxy.model.observation import ABSENT, INTERCEPTING, UNTOUCHED
from tests.evaluation.decidability import PLACES
from tests.evaluation.servers import DAY, ClosedTo, Dress, Rules, Who
from tests.evaluation.worlds import AGENTS, IMPLIES, MODELS, PARTS, START, Ask, World

LIKELY = (
    ("address",),
    ("prefix",),
    ("key",),
    ("install",),
    ("session",),
    ("address", "model_group"),
    ("address", "bucket"),
    ("address", "user_agent"),
    ("caller",),
)
PAIRS = tuple(
    pair
    for pair in combinations(PARTS, 2)
    if pair[1] not in IMPLIES.get(pair[0], ()) and pair[0] not in IMPLIES.get(pair[1], ())
)


def random_rules(rng: random.Random) -> Rules:
    """A limiter: any single part, any pair, nothing at all, or Zen's own mixture."""
    draw = rng.random()
    if draw < 0.4:
        key: tuple[str, ...] = rng.choice(LIKELY)
    elif draw < 0.7:
        key = (rng.choice(PARTS),)
    elif draw < 0.97:
        key = rng.choice(PAIRS)
    else:
        key = ()
    limit = rng.randint(3, 10)
    gate = rng.random() < 0.3
    return Rules(
        key=key,
        own_buckets=frozenset(rng.sample(MODELS, 2)),
        limit=limit,
        fallback=rng.randint(1, limit),
        gated=frozenset({rng.choice(AGENTS)["user_agent"]}) if gate else frozenset(),
        by_model={rng.choice(MODELS): rng.randint(2, 12)} if rng.random() < 0.25 else {},
        keyed_bonus=2 if rng.random() < 0.1 else 1,
        doubling=rng.random() < 0.3 and not PLACES.isdisjoint(key),
        counts_aborted=rng.random() < 0.5,
        overload=0.1 if rng.random() < 0.2 else 0.0,
        relayed_for=AGENTS[2]["user_agent"] if rng.random() < 0.1 else None,
    )


def random_gate(rng: random.Random) -> ClosedTo | None:
    """In every fifth world some clients are turned away always, mostly dressed as the quota."""
    if rng.random() >= 0.2:
        return None
    part = rng.choice(("user_agent", "client", "auth_kind", "instrument", "instrument"))
    closed = {"auth_kind": "none", "instrument": INTERCEPTING}
    value = closed.get(part) or rng.choice(AGENTS)[part]
    return ClosedTo(part, value, rng.choice(get_args(Dress)))


def stranger(rng: random.Random, place: Who) -> Who:
    """Somebody who can be told from our people by what is private."""
    agent, model = rng.choice(AGENTS), rng.choice(MODELS)
    tag = f"x{rng.randrange(10**6)}"
    keyed = rng.random() < 0.3
    own = {name: f"{name[:3]}-{tag}" for name in ("device", "install", "session", "request")}
    key = _key(f"key-{tag}", f"ws-{tag}") if keyed else NO_KEY
    tool: Who = {"instrument": rng.choice((UNTOUCHED, INTERCEPTING))}
    return {**place, **key, **own, "project": "global", **_model(model), **agent, **tool}


NO_KEY: Who = {"key": ABSENT, "auth_kind": "none", "workspace": ABSENT}


def _key(key: str, workspace: str) -> Who:
    return {"key": key, "auth_kind": "user_key", "workspace": workspace}


def _model(name: str) -> Who:
    return {"model": name, "model_group": name[:2]}


def _place(address: str, region: str) -> Who:
    """A place; the prefix of an IPv6 address stands before its slash."""
    prefix, ipv6, _ = address.partition("/")
    family = "ipv6" if ipv6 else "ipv4"
    return {"address": address, "prefix": prefix, "family": family, "region": region}


class People:
    """Our own installs and the places they can be in."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.serial = 0
        with_v6 = rng.random() < 0.4
        self.places = [self._place(n, with_v6) for n in range(rng.randint(1, 4))]
        self.keys = [f"key{n}" for n in range(rng.randint(1, 3))]
        agents = rng.sample(AGENTS, rng.choice((1, 1, 2)))
        models = rng.sample(MODELS, rng.choice((1, 1, 2, 3)))
        self.tools = rng.choice(((UNTOUCHED,), (INTERCEPTING,), (UNTOUCHED, INTERCEPTING)))
        self.installs: list[Who] = []
        devices = [f"device{n}" for n in range(rng.randint(1, 3))]
        for n in range(rng.randint(1, 4)):
            agent, model = rng.choice(agents), rng.choice(models)
            who = stranger(rng, {}) | agent | _model(model)
            who |= {"device": rng.choice(devices), "install": f"install{n}"}
            who |= self.keyed(rng.choice([None, None, *self.keys])) | rng.choice(self.places)
            who |= {"instrument": rng.choice(self.tools)}
            self.installs.append(who | self.conversation(f"install{n}"))

    def _place(self, n: int, with_v6: bool) -> Who:
        region = self.rng.choice(("FRA", "FRA", "AMS"))
        if with_v6 and self.rng.random() < 0.6:
            return _place(f"p{self.rng.randrange(2)}/{n}", region)
        return _place(f"v4-{n}", region)

    def keyed(self, key: str | None) -> Who:
        """With a key of one's own (two keys per workspace), or without."""
        return _key(key, f"ws{self.keys.index(key) // 2}") if key is not None else NO_KEY

    def conversation(self, install: str, project: str | None = None) -> Who:
        """A new conversation of an install, with its first prompt."""
        self.serial += 1
        return {
            "session": f"ses-{install}-{self.serial}",
            "request": f"req-{self.serial}",
            "project": project or self.rng.choice(("global", "repo")),
        }

    def prompt(self) -> Who:
        """Another prompt in the same conversation."""
        self.serial += 1
        return {"request": f"req-{self.serial}"}

    def varied(self, who: Who) -> Who:
        """The same person with some things changed."""
        rng, changed = self.rng, dict(who)
        changes: tuple[Callable[[], Who], ...] = (
            lambda: rng.choice(self.places),
            lambda: self.keyed(rng.choice([None, *self.keys])),
            lambda: _model(rng.choice(MODELS)),
            lambda: rng.choice(AGENTS),
            lambda: self.conversation(changed["install"]),
            lambda: rng.choice(self.installs),
            lambda: self.conversation(changed["install"], rng.choice(("repo", "other-repo"))),
            lambda: {"instrument": rng.choice(self.tools)},
        )
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            changed |= rng.choice(changes)()
        return changed | self.prompt()

    def arms(self, who: Who) -> list[Who]:
        """The same person untouched and through an intercepting route, in turn."""
        tools = self.rng.sample((UNTOUCHED, INTERCEPTING), 2) * self.rng.choice((1, 2))
        starts = (self.conversation(who["install"], who["project"]) for _ in tools)
        return [who | {"instrument": tool} | new for tool, new in zip(tools, starts, strict=True)]

    def ask(
        self, who: Who, at: float, takes: float = 1.0, *, abort: bool = False, retries: int = 0
    ) -> Ask:
        """A request by one of our installs."""
        return Ask(at, self.rng.randrange(10**9), who, who["device"], takes, abort, retries)


def random_world(seed: str) -> tuple[World, People]:
    """A world that has already happened, and its people."""
    rng = random.Random(seed)
    # A generator of its own: worlds without a gate are the same as if there were none anywhere.
    rules = replace(random_rules(rng), closed_to=random_gate(random.Random(f"{seed}:gate")))
    world = World(rules, rng)
    people = People(rng)
    if rng.random() < 0.3:
        world.blind = {who["device"] for who in people.installs if rng.random() < 0.5}
    truthful = rng.random() < 0.7
    for place in people.places:
        guess = rng.choice((None, "home", "office"))
        world.labels[place["address"]] = f"net-{place['address']}" if truthful else guess
    asks: list[Ask] = []
    studied = rng.random() < 0.5
    at = START + rng.choice((0.3, 0.5, 0.98)) * DAY + rng.uniform(0, 600)
    for _ in range(rng.choice((1, 1, 2, 3))):
        asks.extend(study(people, rules, at)[0] if studied else _episode(people, rules, at))
        at += rng.choice((0.02, 0.3, 1.0)) * DAY
    if studied:
        asks += [_again(ask, day) for day in range(1, rng.choice((1, 2, 4))) for ask in asks]
    if rng.random() < 0.35:
        asks.extend(_strangers(people, rules))
    world.play(asks)
    return world, people


def _episode(people: People, rules: Rules, at: float) -> list[Ask]:
    """One install works for a while, perhaps until refused; then some others try."""
    asks: list[Ask] = []
    rng = people.rng
    who = rng.choice(people.installs)
    pace = rng.choice((1.5, 8.0, 60.0))
    hasty = rng.random() < 0.2
    sloppy = rng.random() < 0.2
    bystander = people.varied(who)
    if rng.random() < 0.4:
        asks.append(people.ask(bystander, at - 30))
    for n in range(rng.choice((rules.limit // 2, rules.limit + 2, 2 * rules.limit + 2))):
        if n % 3 == 0:
            who = who | people.prompt()
        if n and rng.random() < 0.05:
            who = who | people.conversation(who["install"])
        takes = rng.uniform(0.5, 6.0) if hasty else min(1.0, pace / 2)
        asks.append(people.ask(who, at, takes, abort=sloppy and rng.random() < 0.3))
        if rng.random() < 0.1:
            asks.append(people.ask(who, at + 0.01, takes))
        at += 0.3 if hasty else pace
    at += 20
    tries = [bystander | people.prompt()] if rng.random() < 0.5 else []
    tries += [people.varied(who) for _ in range(rng.choice((0, 1, 2, 3, 5)))]
    if rng.random() < 0.15:
        tries += people.arms(who)
    for other in tries:
        at += rng.choice((2.0, 90.0))
        asks.append(people.ask(other, at, retries=rng.choice((0, 3))))
        if rng.random() < 0.3:
            asks.append(people.ask(who | people.prompt(), at + 45))
    return asks


def study(people: People, rules: Rules, at: float) -> tuple[list[Ask], tuple[float, float]]:
    """Somebody asks until refused, others try, and mostly the refused one again after each.

    Also from when until when others try.
    """
    rng, asks = people.rng, list[Ask]()
    who = rng.choice(people.installs)
    tidy, again = rng.random() < 0.5, rng.random() < 0.5
    pace = rng.choice((3.0, 20.0, 90.0))
    others = [
        _one_thing_changed(people, who) if tidy else people.varied(who)
        for _ in range(rng.choice((1, 1, 2, 2, 3, 5)))
    ]
    for n in range(rules.limit * rng.choice((1, 2, 4)) + 3):
        if n % 3 == 0:
            who = who | people.prompt()
        if rng.random() < 0.05:
            asks.append(people.ask(rng.choice(others) | people.prompt(), at + 1.3))
        asks.append(people.ask(who, at))
        at += pace
    start = at - pace
    for other in others:
        at += rng.choice((3.0, 20.0, 90.0, 600.0, 2400.0))
        for _ in range(rng.choice((1, 1, 2, 5))):
            asks.append(people.ask(other | people.prompt(), at))
            at += rng.choice((2.0, 20.0))
        if again:
            at += rng.choice((3.0, 30.0, 200.0))
            asks.append(people.ask(who | people.prompt(), at))
    return asks, (start, at)


def _again(ask: Ask, day: int) -> Ask:
    """The same request some days later, of another prompt."""
    who = ask.who | {"request": f"{ask.who['request']}-{day}"}
    return replace(ask, at=ask.at + 3 * day * DAY, number=ask.number + day, who=who)


def _one_thing_changed(people: People, who: Who) -> Who:
    """The same person in the same project, as a careful study has it."""
    rng, here = people.rng, who["project"]
    session = who | people.conversation(who["install"], here)
    clone = who | {"install": f"{who['install']}b"} | people.conversation("clone", here)
    return rng.choice(
        (
            who | rng.choice(people.places),
            session,
            session | rng.choice(people.places),
            clone,
            clone | {"device": f"{who['device']}b"},
            clone | rng.choice(people.places),
            who | people.keyed(rng.choice([None, *people.keys])),
            who | people.conversation(who["install"], "other-repo"),
            who | {"model": f"{who['model_group']}-other"},
            who | {"model": "zz-other", "model_group": "zz"},
        )
    )


def _strangers(people: People, rules: Rules) -> list[Ask]:
    """Others, some behind our addresses, some elsewhere with the same habits."""
    asks, rng = [], people.rng
    for _ in range(rng.randint(1, 4)):
        place = rng.choice([*people.places, _place("v4-far", "FRA")])
        who = stranger(rng, place)
        at = START + rng.uniform(0, 2.5) * DAY
        pace = rng.choice((5.0, 600.0, 3600.0))
        for n in range(rng.randint(1, 3 * rules.limit)):
            asks.append(Ask(at + n * pace, rng.randrange(10**9), who))
    return asks

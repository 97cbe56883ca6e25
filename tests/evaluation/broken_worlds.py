"""Draws worlds in which exactly one assumption of the comparison is broken, by its kind.

People do what a study asks for: one is refused, others try, the refused one tries again. Invariant:
a world is a function of its kind and seed, and its rules say what its server is keyed on.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from pawwork_proxy.model.observation import ABSENT, PUBLIC
from tests.evaluation.broken_servers import HOUR, BrokenServer, Quirk
from tests.evaluation.random_worlds import LIKELY, People, random_rules, stranger, study
from tests.evaluation.servers import DAY, Rules, Who
from tests.evaluation.worlds import MODELS, START, Ask, World

TITLE = "-title"


@dataclass
class Draft:
    """A world before it happens."""

    rules: Rules
    people: People
    rng: random.Random
    asks: list[Ask]
    tries: list[tuple[float, float]]
    """From when until when others try after somebody was refused, per episode."""
    quirk: Quirk = field(default_factory=Quirk)
    exclusive: bool = False
    """Whether the user vouches that nobody else is there."""
    skewed: dict[str, float] = field(default_factory=dict)
    """Captures whose clock is wrong by more than they know."""

    @property
    def moment(self) -> float:
        """Some moment while others try."""
        return self.rng.uniform(*self.rng.choice(self.tries))

    def key(self, *keys: tuple[str, ...]) -> None:
        """Let the server be keyed on one of these."""
        self.rules = replace(self.rules, key=self.rng.choice(keys))

    def each(self, change: Callable[[Ask], Ask]) -> None:
        """Change every request of our own people."""
        self.asks = [change(ask) if ask.capture is not None else ask for ask in self.asks]


def broken_world(kind: str, seed: str) -> World:
    """A world of a kind that has already happened."""
    rng = random.Random(f"{kind}:{seed}")
    people = People(rng)
    rules = replace(random_rules(rng), doubling=False, overload=0.0, relayed_for=None)
    if rng.random() < 0.6:
        rules = replace(rules, key=rng.choice(LIKELY))
    draft = Draft(rules, people, rng, [], [])
    at = START + rng.choice((0.1, 0.3, 0.5)) * DAY + rng.uniform(0, 600)
    for _ in range(rng.choice((1, 1, 2, 3))):
        asks, tries = study(people, rules, at)
        draft.asks.extend(asks)
        draft.tries.append(tries)
        at += rng.choice((0.1, 1.0)) * DAY
    KINDS[kind](draft)
    world = World(draft.rules, rng, BrokenServer(draft.rules, draft.quirk, rng))
    world.labels = {place["address"]: f"net-{place['address']}" for place in people.places}
    for capture, off in draft.skewed.items():
        world.offsets[capture] = (off, 1.0)
    world.play(draft.asks)
    if draft.exclusive:
        world.seen = [seen.model_copy(update={"exclusive": True}) for seen in world.seen]
    return world


def _raised_limit(draft: Draft) -> None:
    draft.quirk.raised = (draft.moment, draft.rng.choice((2, 5, draft.rules.limit, 50)))


def _counter_reset(draft: Draft) -> None:
    draft.quirk.emptied = draft.moment


def _lagging_replica(draft: Draft) -> None:
    lag = draft.rng.choice((5.0, 15.0, 60.0, 120.0))
    draft.quirk.lags = (0.0,) * draft.rng.choice((1, 2, 4)) + (lag,)


def _router_reconnects(draft: Draft) -> None:
    """The address changes, and records go on with the old one: for a while, or for ever."""
    moment, rng = draft.moment, draft.rng
    until = moment + rng.choice((60.0, 600.0, 3600.0, 30 * DAY))
    draft.key(("address",), ("prefix",), ("address", "model_group"), draft.rules.key)
    unstable = rng.choice(draft.people.places)["address"]
    probed = rng.random() < 0.3  # again at the first admission after a refusal, so it was noticed

    def change(ask: Ask) -> Ask:
        if ask.who["address"] != unstable or ask.at < moment:
            return ask
        new: Who = {"address": f"{unstable}-new", "prefix": f"{ask.who['prefix']}-new"}
        old = {name: ask.who[name] for name in new} if ask.at < until else {}
        recorded = dict.fromkeys(old) if probed else old
        label = {"network": f"net-{unstable}"}
        return replace(ask, who=ask.who | new, recorded={**label, **recorded})

    draft.each(change)


def _address_flaps(draft: Draft) -> None:
    """Two uplinks take turns, and the probe tells one of them."""
    rng, two = draft.rng, draft.rng.choice(draft.people.places)["address"]
    draft.key(("address",), ("address", "model_group"), draft.rules.key)

    def change(ask: Ask) -> Ask:
        if ask.who["address"] != two or rng.random() < 0.5:
            return ask
        old = {name: ask.who[name] for name in ("address", "prefix")}
        new = {name: f"{value}-b" for name, value in old.items()}
        return replace(ask, who=ask.who | new, recorded={"network": f"net-{two}", **old})

    draft.each(change)


def _window(seconds: float, *, rolling: bool = False) -> Callable[[Draft], None]:
    def kind(draft: Draft) -> None:
        draft.quirk.window_s, draft.quirk.rolling = seconds, rolling

    return kind


def _edges_by_network(draft: Draft) -> None:
    """Each network reaches an edge location of its own, sometimes another one."""
    draft.key(("address",), ("region",), ("address", "region"))
    at = {place["address"]: f"edge{n}" for n, place in enumerate(draft.people.places)}
    strays = draft.rng.choice((0.0, 0.1))

    def change(ask: Ask) -> Ask:
        away = draft.rng.random() < strays
        return replace(
            ask, who=ask.who | {"region": "edge-far" if away else at[ask.who["address"]]}
        )

    draft.each(change)


def _hidden_edges(draft: Draft) -> None:
    """Each edge location counts for itself, and nobody records which one it was."""
    draft.key(("address", "hidden"), ("install", "hidden"))
    moment = draft.moment

    def change(ask: Ask) -> Ask:
        edge = "b" if ask.at >= moment else "a"
        return replace(ask, who=ask.who | {"hidden": edge}, recorded={"region": None})

    draft.each(change)


def _unrecorded_key(draft: Draft) -> None:
    """Something that nobody records and that changes now and then, as a server's release does."""
    draft.key(("hidden",), ("hidden", "address"))
    value = 0
    for ask in sorted(draft.asks):
        value += draft.rng.random() < 0.05
        ask.who = ask.who | {"hidden": str(value)}


def _three_parts(draft: Draft) -> None:
    draft.key(
        ("address", "project", "model"),
        ("key", "address", "model_group"),
        ("install", "model", "region"),
        ("address", "client", "auth_kind"),
    )


def _model_weights(draft: Draft) -> None:
    draft.quirk.model_weights = {name: draft.rng.choice((1, 1, 2, 5, 10)) for name in MODELS}


def _new_addresses(draft: Draft) -> None:
    """More than twice as much is let through for an address that was never seen before."""
    draft.key(("address",), ("prefix",), ("address", "bucket"), ("caller",))
    draft.quirk.new_addresses = draft.rng.choice((2, 3, 5))


def _strangers(draft: Draft) -> None:
    """Many people behind our addresses, with our models and projects."""
    rng, people = draft.rng, draft.people
    for _ in range(rng.randint(2, 6)):
        who = stranger(rng, rng.choice(people.places))
        own = rng.choice(people.installs)
        who |= {name: own[name] for name in ("model", "model_group", "project")}
        at = rng.choice(draft.tries)[0] - rng.uniform(0, HOUR)
        for n in range(rng.randint(1, 3 * draft.rules.limit)):
            draft.asks.append(Ask(at + n * rng.choice((3.0, 60.0)), rng.randrange(10**9), who))


def _not_alone(draft: Draft) -> None:
    """The user vouches for an address that others use."""
    draft.exclusive = True
    _strangers(draft)


def _shared_keys(draft: Draft) -> None:
    """Somebody else uses our keys and workspaces."""
    draft.key(("key",), ("workspace",), ("caller",), draft.rules.key)
    rng, people = draft.rng, draft.people
    for _ in range(rng.randint(1, 3)):
        who = stranger(rng, {"address": "v4-far", "prefix": "v4-far"}) | {"family": "ipv4"}
        who |= {"region": "FRA"} | people.keyed(rng.choice(people.keys))
        at = rng.choice(draft.tries)[0] - rng.uniform(0, HOUR)
        for n in range(rng.randint(1, 3 * draft.rules.limit)):
            draft.asks.append(Ask(at + 20 * n, rng.randrange(10**9), who))


def _use_before_capture(draft: Draft) -> None:
    """Our own installs were used before their captures began."""
    rng, people = draft.rng, draft.people
    first = min(ask.at for ask in draft.asks)
    for who in people.installs:
        for n in range(rng.choice((0, draft.rules.limit // 2, 2 * draft.rules.limit))):
            at = first - HOUR + 20 * n
            draft.asks.append(replace(people.ask(who, at), capture=None))


def _parallel(draft: Draft) -> None:
    """Bursts of requests that are under way at the same time."""
    rng = draft.rng
    for ask in list(draft.asks):
        if rng.random() < 0.3:
            draft.asks.extend(
                replace(ask, at=ask.at + 0.05 * n, number=ask.number + n, takes=ask.takes + 9)
                for n in range(1, rng.choice((2, 4, 8)))
            )
    draft.each(lambda ask: replace(ask, takes=rng.choice((0.5, 10.0, 60.0))))


def _aborted(draft: Draft) -> None:
    draft.quirk.forgetful = draft.rng.choice((0.0, 0.2, 0.5))
    draft.each(lambda ask: replace(ask, abort=draft.rng.random() < 0.4))


def _relayed_alike(draft: Draft) -> None:
    """A relayed service refuses in the very words of the server, by another key."""
    part = draft.rng.choice(("address", "user_agent", "model", "install", "key"))
    draft.quirk.relayed = (part, draft.rng.randint(2, 2 * draft.rules.limit))
    draft.rules = replace(draft.rules, key=tuple(dict.fromkeys((*draft.rules.key, part))))


def _clock_skew(draft: Draft) -> None:
    for device in sorted({ask.capture for ask in draft.asks if ask.capture is not None}):
        if draft.rng.random() < 0.6:
            draft.skewed[device] = draft.rng.choice((-600.0, -60.0, -10.0, 10.0, 60.0, 600.0))


def _midnight(draft: Draft) -> None:
    """Everything happens around midnight, and the server's day begins a little early or late."""
    draft.quirk.offset_s = draft.rng.choice((0.0, -120.0, -20.0, 20.0, 120.0, 900.0))
    first = draft.moment
    shift = START + 2 * DAY - first + draft.rng.uniform(-60, 60)
    draft.asks = [replace(ask, at=ask.at + shift) for ask in draft.asks]


def _retries_and_titles(draft: Draft) -> None:
    """Clients ask again when refused, and title calls are let through whatever was used."""
    rng = draft.rng
    draft.quirk.exempt = TITLE
    for ask in list(draft.asks):
        if ask.capture is not None and rng.random() < 0.3:
            own: Who = {"request": ask.who["request"] + TITLE}
            said: dict[str, str | None] = {"request": ask.who["request"]}
            title = replace(ask, at=ask.at + 0.1, number=ask.number + 1, who=ask.who | own)
            draft.asks.append(replace(title, recorded=said))
    draft.each(lambda ask: replace(ask, retries=rng.choice((0, 2))))


def _gate_as_quota(draft: Draft) -> None:
    """Some value is turned away in the words of the quota: always, or from some moment on."""
    part = draft.rng.choice(
        ("address", "region", "project", "install", "key", "model", "user_agent", "session")
    )
    who = draft.rng.choice([ask.who for ask in draft.asks])
    draft.quirk.closed = (part, who[part], draft.rng.choice((0.0, draft.moment)))


def _stray(result: str) -> Callable[[Draft], None]:
    def kind(draft: Draft) -> None:
        draft.quirk.stray = {result: draft.moment}

    return kind


def _public_alike(draft: Draft) -> None:
    """Without a key some send none and some `public`; the server treats both alike."""
    draft.key(("key",), ("caller",), draft.rules.key)
    sends: dict[str, str] = {}

    def change(ask: Ask) -> Ask:
        if ask.who["key"] != ABSENT:
            return ask
        said = sends.setdefault(ask.who["session"], draft.rng.choice((ABSENT, PUBLIC)))
        return replace(ask, recorded={"key": said})

    draft.each(change)
    draft.quirk.emptied = draft.moment


def _by_header(draft: Draft) -> None:
    part = draft.rng.choice(("client", "user_agent", "project", "auth_kind"))
    draft.quirk.by_header = (part, draft.rng.choice((2, 3, 5)))


def _weighty_tokens(draft: Draft) -> None:
    draft.quirk.heaviest = draft.rng.choice((2, 4, 8))


def _address_and_project(draft: Draft) -> None:
    draft.key(("address", "project"), ("prefix", "project"))


KINDS: dict[str, Callable[[Draft], None]] = {
    "raised_limit": _raised_limit,
    "counter_reset": _counter_reset,
    "lagging_replica": _lagging_replica,
    "router_reconnects": _router_reconnects,
    "address_flaps": _address_flaps,
    "weekly": _window(7 * DAY),
    "three_hours": _window(3 * HOUR),
    "rolling_day": _window(DAY, rolling=True),
    "rolling_hours": _window(5 * HOUR, rolling=True),
    "edges_by_network": _edges_by_network,
    "hidden_edges": _hidden_edges,
    "unrecorded_key": _unrecorded_key,
    "address_and_project": _address_and_project,
    "three_parts": _three_parts,
    "model_weights": _model_weights,
    "weighty_tokens": _weighty_tokens,
    "by_header": _by_header,
    "new_addresses": _new_addresses,
    "strangers": _strangers,
    "not_alone": _not_alone,
    "shared_keys": _shared_keys,
    "use_before_capture": _use_before_capture,
    "parallel": _parallel,
    "aborted": _aborted,
    "relayed_alike": _relayed_alike,
    "clock_skew": _clock_skew,
    "midnight": _midnight,
    "retries_and_titles": _retries_and_titles,
    "gate_as_quota": _gate_as_quota,
    "stray_admission": _stray("refused"),
    "stray_refusal": _stray("success"),
    "public_alike": _public_alike,
}
"""What is broken, by its name."""

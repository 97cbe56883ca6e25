"""Each row of the table finds what it is for, and nothing else does."""

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from string import Formatter

import pytest

from pawwork_proxy.diagnosis.checks import CHECKS, finding, judge
from pawwork_proxy.diagnosis.situation import (
    Authority,
    Chained,
    Client,
    Hidden,
    Leads,
    Passage,
    Run,
    Situation,
)

PAGE = Path(__file__).resolve().parents[3] / "docs" / "doctor.md"
NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=1)
RUN = Run({"main": 9610}, "0.1.0", "12.1.1", "capture.jsonl")
OURS, GONE, OTHER, AWAY = (Leads(port, "opencode.json") for port in (9610, 9611, 7890, None))
PROXY = Leads(9610, "HTTPS_PROXY")
ON_FILE = Client("OpenCode", base=OURS, authority="unnamed")
ON_PROXY = Client("OpenCode", proxy=PROXY)
GOOD = Situation(
    version="0.1.0",
    answers={9610: "ours", 9611: "nobody", 7890: "other"},
    decrypts={9610: True},
    runs=(RUN,),
    clients=(ON_FILE, ON_PROXY),
    passages=(Passage(9610, 200, 0.4),),
)
NO_RUN = replace(GOOD, answers={9611: "nobody", 7890: "other"}, runs=(), passages=())
FAILED = replace(GOOD, passages=(Passage(9610),))
NODE = replace(ON_PROXY, ignores_proxy=True)
EXEMPT = replace(ON_PROXY, bypasses=True)
GO = replace(ON_FILE, go_key=True)


def of(*clients: Client, among: Situation = GOOD) -> Situation:
    return replace(among, clients=clients)


def run(**changed: object) -> Situation:
    return replace(GOOD, runs=(replace(RUN, **changed),))  # type: ignore[arg-type]


def chained(answer: str) -> Situation:
    return replace(FAILED, chained=Chained("http://proxy:8080", answer))  # type: ignore[arg-type]


def names(authority: Authority) -> Situation:
    return of(replace(ON_PROXY, authority=authority))


WRONG = (
    ("no_run", replace(NO_RUN, clients=())),
    ("listener_gone", of(Client("OpenCode", base=GONE), among=NO_RUN)),
    ("listener_gone", of(Client("OpenCode", proxy=GONE), among=NO_RUN)),
    ("wrong_port", of(Client("OpenCode", base=GONE))),
    ("wrong_port", of(Client("OpenCode", base=OTHER))),
    ("other_program", of(Client("OpenCode", proxy=OTHER), among=NO_RUN)),
    ("unreadable_file", of(Client("OpenCode", unreadable=("opencode.json",)))),
    ("unreadable_file", of(replace(ON_FILE, unreadable=("pawwork.json",)))),
    ("overruled", of(Client("OpenCode", base=AWAY, hidden=(Hidden(OURS, "strong.json"),)))),
    ("overruled", of(Client("OpenCode", base=GONE, hidden=(Hidden(OURS, "strong.json"),)))),
    ("overruled", of(Client("PawWork", hidden=(Hidden(OURS, "strong.json"),)))),
    ("not_told", of(Client("OpenCode"))),
    ("not_told", of(Client("OpenCode", base=AWAY))),
    ("not_told", of(Client("OpenCode", proxy=AWAY))),
    ("not_told", of(Client("OpenCode", proxy=OTHER, bypasses=True))),
    ("no_proxy", of(EXEMPT)),
    ("proxy_ignored", of(NODE)),
    ("authority_unknown", names("unnamed")),
    ("authority_unknown", names("missing")),
    ("authority_unknown", names("other")),
    ("authority_unknown", names("newer")),
    ("old_process", of(replace(ON_FILE, changed_at=NOON))),
    ("old_process", replace(run(heard_at=NOON), clients=(replace(ON_FILE, changed_at=LATER),))),
    ("never_asks", run(turned_down_at=NOON)),
    ("never_asks", run(turned_down_at=LATER, heard_at=NOON)),
    ("goes_around", of(replace(ON_FILE, direct=True))),
    ("chained_proxy_down", chained("down")),
    ("chained_proxy_password", chained("wants_password")),
    ("chained_proxy_refuses", chained("refuses")),
    ("egress_differs", replace(GOOD, own_proxy="http://proxy:8080")),
    ("egress_differs", run(via="http://proxy:8080")),
    ("request_fails", FAILED),
    ("request_fails", chained("up")),
    ("request_refused", replace(GOOD, passages=(Passage(9610, 404),))),
    ("clock", replace(GOOD, passages=(Passage(9610, 200, 600.0),))),
    ("clock", replace(GOOD, passages=(Passage(9610, 200, -600.0),))),
    ("go_not_covered", of(GO)),
    ("files_exposed", replace(GOOD, exposed=("captures",))),
    ("versions_differ", run(version="0.0.9")),
    ("no_message", replace(GOOD, waited_s=120.0)),
)
RIGHT = (
    GOOD,
    of(),
    of(replace(GO, go_base=OURS)),
    of(replace(GO, proxy=PROXY, authority="known")),
    of(Client("OpenCode 1.18.33", runs=False)),
    of(Client("PawWork", connected=frozenset({9610}))),
    of(replace(ON_FILE, bypasses=True, proxy=PROXY)),
    of(replace(ON_FILE, hidden=(Hidden(GONE, "strong.json"),))),
    replace(names("unnamed"), decrypts={9610: False}),
    replace(run(heard_at=LATER), clients=(replace(ON_FILE, changed_at=NOON),)),
    run(turned_down_at=NOON, heard_at=LATER),
    run(is_zen=False, via="http://127.0.0.1:1"),
    replace(run(via="http://proxy:8080"), own_proxy="http://proxy:8080"),
    replace(GOOD, passages=(Passage(9610, 200),)),
    replace(GOOD, passages=(Passage(9610, 200, 59.0),)),
)


@pytest.mark.parametrize(("check", "situation"), WRONG)
def test_a_wrong_set_up_has_its_one_finding(check: str, situation: Situation) -> None:
    (found,) = judge(situation)
    assert found.id == check
    for sentence in (found.finding, found.remedy):
        assert "{" not in sentence
        assert "None" not in sentence


@pytest.mark.parametrize("situation", RIGHT)
def test_a_right_set_up_has_none(situation: Situation) -> None:
    assert judge(situation) == ()


def test_every_row_has_a_wrong_set_up_and_a_place_of_its_own() -> None:
    assert {check for check, _ in WRONG} == {check.id for check in CHECKS}
    assert Counter(check.id for check in CHECKS).most_common(1)[0][1] == 1


def test_causes_come_before_consequences_and_hide_those_that_explain_nothing_more() -> None:
    turned_down = replace(names("other"), runs=(replace(RUN, turned_down_at=NOON),))
    assert [one.id for one in judge(turned_down)] == ["authority_unknown"]
    direct = of(Client("OpenCode", direct=True))
    assert [one.id for one in judge(direct)] == ["not_told", "goes_around"]


def test_a_remedy_can_be_pasted() -> None:
    (exposed,) = judge(replace(GOOD, exposed=("my captures",)))
    assert exposed.remedy == 'Close it: chmod -R go= "my captures"'
    (refused,) = judge(replace(run(capture="my capture.jsonl"), passages=(Passage(9610, 404),)))
    assert refused.remedy.endswith(': pawwork-proxy show "my capture.jsonl"')
    (told,) = judge(of(Client("OpenCode", base=GONE)))
    assert "'pawwork-proxy connect --port 9610'" in told.remedy


def test_a_password_that_is_not_taken_is_told_from_none() -> None:
    asked = Chained("http://proxy:8080", "wants_password", password=True)
    (found,) = judge(replace(FAILED, chained=asked))
    (other,) = judge(chained("wants_password"))
    assert found.finding != other.finding
    assert "takes not the one that it is given" in found.finding


def test_what_is_seen_happening_has_the_same_sentences() -> None:
    (judged,) = judge(of(replace(ON_FILE, direct=True)))
    assert finding("goes_around", client="OpenCode") == judged


def test_the_page_has_the_table() -> None:
    def shown(sentence: str) -> str:
        parts = Formatter().parse(sentence)
        return "".join(text + (f"*{name}*" if name else "") for text, name, *_ in parts)

    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \| (.+?) \|$", PAGE.read_text("utf-8"), re.M)
    assert rows == [
        (one.id, one.asks, shown(one.finding), shown(one.remedy)) for one in CHECKS
    ]  # fmt: skip

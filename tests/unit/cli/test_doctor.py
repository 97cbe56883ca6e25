"""What `doctor` prints of what was seen, without a process or a socket."""

from collections.abc import Callable

import pytest
from click.testing import CliRunner

from pawwork_proxy.cli import cli
from pawwork_proxy.diagnosis import look, waiting
from pawwork_proxy.diagnosis.captured import Message
from pawwork_proxy.diagnosis.situation import Client, Leads, Passage, Run, Situation

OURS = Leads(9610, "opencode.json")
SEEN = Situation(
    version="0.1.0",
    answers={9610: "ours"},
    decrypts={9610: True},
    runs=(Run({"main": 9610}, "0.1.0", "12.1.1", "captures/capture.jsonl"),),
    passages=(Passage(9610, 200, -3.2),),
)
MESSAGE = Message(
    "OpenCode 1.18.33", "main", "reverse", "zen", "public", "anonymous", "success"
)  # fmt: skip
Shown = Callable[..., str]


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Shown:
    """The text of `doctor` for a situation; with `--wait`, the message comes."""

    def show(situation: Situation, *arguments: str) -> str:
        monkeypatch.setattr(look, "look", lambda _: situation)
        monkeypatch.setattr(waiting, "wait_for_message", lambda *_: (situation, MESSAGE))
        text = CliRunner().invoke(cli, ["doctor", *arguments]).stdout
        assert [line for line in text.split("\n") if len(line) > 80] == []
        return " ".join(text.split())

    return show


def clients(*found: Client) -> Situation:
    return Situation(**{**SEEN.__dict__, "clients": found})


@pytest.mark.parametrize(
    ("client", "words"),
    [
        (Client("OpenCode", base=OURS), "told port 9610 by opencode.json, no key for Go"),
        (Client("OpenCode", base=OURS, go_key=True, go_base=OURS), "Go covered"),
        (Client("OpenCode", base=OURS, go_key=True), "Go not covered"),
        (Client("OpenCode"), "told of no proxy"),
        (
            Client("OpenCode", proxy=Leads(None, "HTTPS_PROXY")),
            "told another machine's proxy by HTTPS_PROXY",
        ),
        (Client("PawWork", release="2026.8.5", base=OURS), "PawWork, release 2026.8.5, told"),
        (Client("PawWork 2026.8.5", runs=False, base=OURS), "none runs; start it and try again"),
    ],
)
def test_each_client_and_what_it_is_told(shown: Shown, client: Client, words: str) -> None:
    assert words in shown(clients(client))


def test_the_whole_of_a_right_set_up(shown: Shown) -> None:
    text = shown(SEEN)
    assert "proxy: version 0.1.0, install main on port 9610" in text
    assert "request: list of models through port 9610: status 200, clocks 3 s apart" in text
    assert "client: none runs" in text
    assert text.endswith("Nothing is wrong: requests pass.")


def test_a_request_that_was_broken_off_and_has_no_clock(shown: Shown) -> None:
    assert "broken off" in shown(Situation(**{**SEEN.__dict__, "passages": (Passage(9610),)}))


def test_a_message_is_told_where_one_was_waited_for(shown: Shown) -> None:
    text = (
        "OpenCode 1.18.33, route reverse, tier zen, key public (source anonymous), outcome success"
    )
    assert f"message: {text}" in shown(SEEN, "--wait")
    assert "message:" not in shown(SEEN)
    nobody = Situation("0.1.0", {}, {})
    assert "message:" not in shown(nobody, "--wait")  # without a proxy none can come

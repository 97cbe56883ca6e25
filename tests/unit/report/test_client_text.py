"""What a client does, in words: the one that asked by its name, or all in short."""

from pawwork_proxy.facts.clients import Client, client_of
from pawwork_proxy.report.client_text import Senders, of_everyone, of_sender
from tests.unit.builders import exchange
from tests.unit.outcomes.answers import ANSWERS, outcome_of, signals_of

NODE = "ai-sdk/provider-utils/4.0.23 runtime/node.js/24.1.0"
FORK = client_of(f"opencode/1.16.2 {NODE}", "desktop", session=True)
CLI = client_of("opencode/1.18.33 ai-sdk/provider-utils/4.0.23", "cli", session=True)
FIRST = client_of(f"ai-sdk/openai-compatible/2.0.41 {NODE}", "desktop", session=True)
NEXT = client_of("opencode/prod/2.0.18/cli", "cli", session=True)


def said(client: Client, answer: str) -> str:
    return of_sender(client, outcome_of(ANSWERS[answer]).client)


def test_what_releases_have_in_common_is_said_once() -> None:
    assert said(FORK, "exhausted") == (
        "PawWork 2026.6.4-2026.8.5: not retried; the conversation is blocked; the user sees the "
        "card 'Today's free quota is used up' with the time of the reset, or 'Try again later.'; "
        "a prompt costs 1 request, and 3 for a title"
    )


def test_where_releases_differ_it_is_said_how() -> None:
    text = said(FORK, "busy")
    assert "retried 3 times after 2, 4, 8 s (2026.6.4-2026.6.7), or retried 3 times" in text
    assert "after 1-2, 2-4, 4-8 s (2026.6.8-2026.8.5)" in text
    assert text.count("a prompt costs 4 requests") == 1
    assert "not (up to 2026.5.19), or the conversation is blocked" in said(FIRST, "console")
    assert "retried 3 times" in said(FORK, "go")
    assert "retry-after ignored" in said(FORK, "go")
    assert "retried once after 1 s" in said(FIRST, "busy")


def test_a_known_release_has_one_row_of_its_own() -> None:
    text = said(CLI, "busy")
    assert text.startswith("OpenCode 1.18.33: retried 5 times after 2-2.5, 4-5, 8-10 s and so on;")
    assert said(CLI, "go").startswith(
        "OpenCode 1.18.33: retried after 5h00m00s, as the answer says"
    )


def test_a_client_without_an_end() -> None:
    old = client_of("opencode/1.15.13 ai-sdk/provider-utils/4.0.23", "cli", session=True)
    text = said(old, "busy")
    assert "retried without end after 2, 4, 8 s and so on" in text
    assert "a prompt costs requests without end, and 3 for a title" in text


def test_a_client_that_asks_again_at_once() -> None:
    text = said(CLI, "fault-no-end")
    assert "retried without end after no wait; the user sees nothing, while" in text


def test_what_is_not_known_is_said_so() -> None:
    assert said(NEXT, "busy") == "OpenCode 2.0.18: what it does is not known"
    assert of_sender(FORK, ()) == ""


def test_all_clients_in_short() -> None:
    assert list(of_everyone(outcome_of(ANSWERS["client-gate"]).client)) == [
        "OpenCode 1.14.22-1.x: not retried",
        "PawWork all releases: not retried",
    ]
    _, pawwork = of_everyone(outcome_of(ANSWERS["fault-no-provider"]).client)
    assert pawwork == (
        "PawWork up to 2026.7.2, 2026.8.4 and later: not retried; 2026.7.3-2026.8.5: retried 3 "
        "times"
    )
    opencode, _ = of_everyone(outcome_of(ANSWERS["busy"]).client)
    assert opencode == "OpenCode 1.14.22-1.17: retried without end; 1.18-1.x: retried 5 times"
    assert list(of_everyone(())) == []


def test_each_thing_is_said_once_for_all_its_rows() -> None:
    senders = Senders()
    refused = [ANSWERS["exhausted"]._replace(wait_s=wait) for wait in (90.0, 80.0, 70.0, 60.0)]
    for seq, answer in enumerate([*refused, ANSWERS["zen"]], 1):
        outcome = outcome_of(answer)
        record = exchange(seq, signals=signals_of(answer))
        request = record.request.model_copy(
            update={"user_agent": "opencode/1.18.33 ai-sdk/provider-utils/4.0.23", "client": "cli"}
        )
        senders.add(record.model_copy(update={"request": request}), outcome)
    text = "free_usage_limit: OpenCode 1.18.33: retried after the wait, as the answer says;"
    numbered, plain = senders.lines(), senders.lines(numbered=False)
    assert " ".join(map(str.strip, numbered)).startswith(f"#1, #2, #3 and 1 more {text}")
    assert " ".join(map(str.strip, plain)).startswith(text)
    assert len(list(senders.lines())) < 5


def test_a_row_whose_answer_tells_nothing_is_passed_over() -> None:
    senders = Senders()
    left = exchange(1)
    signals = left.signals.model_copy(update={"unobserved": ("response_body",)})
    senders.add(left.model_copy(update={"signals": signals}), outcome_of(ANSWERS["busy"]))
    assert list(senders.lines()) == []

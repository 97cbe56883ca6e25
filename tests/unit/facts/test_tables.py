"""The data files: every row complete and with its origin, and what is missing said in words."""

import re
import tomllib
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any, get_args

import pytest

from pawwork_proxy.facts import clients, outcomes, server
from pawwork_proxy.facts.fields import HeaderFact
from pawwork_proxy.facts.outcomes import MEANINGS
from pawwork_proxy.facts.table import Confidence, Fact, rows_in, word_lists
from pawwork_proxy.facts.wordings import PHRASES, Phrase
from pawwork_proxy.model.outcome import Kind
from tests.rows import each_row

FILES = {
    file.name: tomllib.loads(file.read_text(encoding="utf-8"))
    for file in (resources.files("pawwork_proxy.facts") / "data").iterdir()
    if file.name.endswith(".toml")
}
TABLES = {name: content for name, content in FILES.items() if name != "sources.toml"}
SOURCES = FILES["sources.toml"]["source"]


def rows_of(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Each row of a file with the origin that it takes over from the file."""
    origin = {name: content.get(name) for name in ("source", "date", "confidence")}
    for table in content.values():
        if isinstance(table, dict):
            yield from ({**origin, **row} for row in table.values())
        elif isinstance(table, list) and table and isinstance(table[0], dict):
            yield from ({**origin, **row} for row in table)


def test_the_package_ships_its_tables() -> None:
    assert {"headers.toml", "clients.toml", "addresses.toml", "wordings.toml"} <= set(FILES)


@each_row("file", sorted(TABLES))
def test_every_row_says_where_it_comes_from_when_and_how_sure(file: str) -> None:
    found = list(rows_of(TABLES[file]))
    assert found
    for row in found:
        assert row["source"], f"{file}: no source: {row}"
        assert set(row["source"]) <= set(SOURCES), f"{file}: not in sources.toml: {row['source']}"
        assert row["date"].year >= 2025, f"{file}: no date: {row}"
        assert row["confidence"] in get_args(Confidence), f"{file}: no confidence: {row}"


def test_every_source_is_used() -> None:
    used = {
        name for content in TABLES.values() for row in rows_of(content) for name in row["source"]
    }
    assert set(SOURCES) == used


ORIGIN = {"source": ["own"], "date": "2026-11-28", "confidence": "I"}


@pytest.mark.parametrize(
    ("of", "table", "row", "said"),
    [
        (HeaderFact, "header", {"x-new": {"treatment": "keep"}}, "'treatment': Input should be"),
        (HeaderFact, "header", {"x-new": {"rôle": "key"}}, "'rôle': is not a column of this table"),
        (server.Base, "base", [{"path": "/inference", "tier": "zen"}], "'provider': is missing"),
        (clients.Release, "release", {"C7": {"program": "PawWork"}}, "'new': is missing"),
        (Phrase, "phrase", {"new": {"sense": "rate", "example": "x"}}, "'wordings': is missing"),
        (server.ServerEra, "era", {"V8": {"daily": True}}, "'enforced': is missing"),
    ],
)
def test_what_is_wrong_with_a_row_is_said_in_words(
    of: type[Fact], table: str, row: Any, said: str
) -> None:
    name = next(iter(row)) if isinstance(row, dict) else 1
    with pytest.raises(ValueError, match=re.escape(f"x.toml, row {name} of '{table}': {said}")):
        rows_in(of, {**ORIGIN, table: row}, table, "x.toml")


def test_a_row_without_an_origin_is_refused() -> None:
    row = {"path": "/inference", "tier": "zen", "provider": "opencode"}
    with pytest.raises(ValueError, match="'source': is missing; 'date': is missing"):
        rows_in(server.Base, {"base": [row]}, "base", "x.toml")


@pytest.mark.parametrize("row", clients.RECOGNITIONS, ids=lambda row: row.called or row.eras[0])
def test_each_look_of_a_client_is_found_by_its_example(row: clients.Recognition) -> None:
    assert bool(row.eras) != bool(row.called), "clients.toml: releases, or the name of a stranger"
    look = row.look
    found = [
        clients.client_of(look.example, client, session=session)
        for client in ("", "cli", "desktop")
        for session in (False, True)
        if look.client in (None, client) and look.session in (None, session)
    ]
    assert any(one.name == row.called or set(one.eras) & set(row.eras) for one in found), (
        f"clients.toml: the example of {row.eras or row.called} is taken for {found[0].name}"
    )


@each_row("era", clients.RELEASES)
def test_each_release_says_what_it_does(era: str) -> None:
    release = clients.RELEASES[era]
    told = [row for row in outcomes.RANGES if era.startswith(row.era)]
    assert len(told) == (era != "O2a"), (
        f"client_behaviour.toml: {len(told)} rows of [range] are for {era}"
    )
    assert clients.named((era,)).startswith(release.program)


@pytest.mark.parametrize(
    ("agent", "client", "session", "name"),
    [
        ("ai-sdk/openai-compatible/2.0.41 runtime/node.js/24.1.0", "desktop", True,
         "PawWork up to 2026.5.27"),
        ("opencode/latest/1.15.10/desktop ai-sdk/openai-compatible/2.0.41", "desktop", True,
         "PawWork 2026.5.28-2026.6.3"),
        ("opencode/1.16.2 ai-sdk/provider-utils/4.0.23 runtime/node.js/24.1.0", "desktop", True,
         "PawWork 2026.6.4-2026.8.5"),
        ("opencode/1.16.2 ai-sdk/provider-utils/4.0.23 runtime/bun/1.3.13", "cli", True,
         "OpenCode 1.16.2"),
        ("opencode/latest/1.16.2/cli", "cli", False, "PawWork 2026.8.4 and later"),
        ("opencode/latest/1.18.15/desktop", "desktop", False, "PawWork 2026.9 and later"),
        ("opencode/latest/1.18.15/desktop", "desktop", True, "PawWork 2026.9.5-2026.9.10"),
        ("deepseek-harness/0.1.2", "", True, "PawWork 2026.9.11 and later"),
        ("deepseek-harness/0.1.0", "", False, "PawWork 2026.8.4 and later"),
        ("opencode/1.18.33 ai-sdk/provider-utils/4.0.23 runtime/bun/1.3.14", "cli", True,
         "OpenCode 1.18.33"),
        ("opencode/1.18.35 ai-sdk/provider-utils/4.0.40 runtime/bun/1.3.14", "cli", True,
         "OpenCode 1.18.35"),
        ("opencode/prod/2.0.18/cli", "cli", True, "OpenCode 2.0.18"),
        ("ai-sdk/openai-compatible/2.0.41", "", False,
         "an agent creation call, or another client of the AI SDK"),
        ("curl/8.5.0", "", False, "another client"),
    ],
)  # fmt: skip
def test_every_client_is_named_as_what_it_is(
    agent: str, client: str, session: bool, name: str
) -> None:
    assert clients.client_of(agent, client, session=session).name == name


def test_a_version_tells_the_range_of_an_opencode() -> None:
    agent = "opencode/{} ai-sdk/provider-utils/4.0.23 runtime/bun/1.3.14"
    for version, era in {"1.17.9": "O1b", "1.18.33": "O1c", "1.18.34": "O1d"}.items():
        assert clients.client_of(agent.format(version), "cli", session=True).eras == (era,)


def test_server_eras_follow_each_other() -> None:
    begun = [era.since for era in server.SERVER_ERAS if era.since]
    assert begun == sorted(set(begun))
    assert server.server_era(begun[0]) == "V1"
    assert server.server_era(begun[-1]) == "V7b"


@pytest.mark.parametrize("base", server.BASES.values(), ids=lambda base: base.path)
def test_each_base_is_found_with_its_tier(base: server.Base) -> None:
    found = server.endpoint(f"{base.path}/chat/completions")
    assert (found.base, found.tier, found.protocol) == (base, base.tier, "chat")
    assert (found.between, found.template) == ("", "/chat/completions")


@pytest.mark.parametrize(
    ("path", "tier", "protocol", "between"),
    [
        ("/inference/custom/wire_7/chat/completions", "other", "chat", "/wire_7"),
        ("/next/openai/v2/responses", "unknown", "responses", "/next/openai/v2"),
        ("/zen/v9/messages", "zen", "messages", "/v9"),
        ("/next/v1beta/models/gemini-3-pro:generateContent", "unknown", "google", "/next/v1beta"),
        ("/docs/zen", "other", "other", "/docs/zen"),
    ],
)
def test_an_address_without_a_row_has_the_protocol_of_its_end(
    path: str, tier: str, protocol: str, between: str
) -> None:
    found = server.endpoint(path)
    assert (found.tier, found.protocol, found.between) == (tier, protocol, between)


def test_each_tier_has_an_address_for_every_protocol_today() -> None:
    for tier, protocols in {"zen": server.MODEL_PROTOCOLS, "go": {"chat", "messages"}}.items():
        for protocol in (*protocols, "listing"):
            assert server.todays_base(tier, protocol) in server.BASES  # type: ignore[arg-type]


@each_row("phrase", PHRASES)
def test_each_wording_names_a_language(phrase: Phrase) -> None:
    known = word_lists("http")["languages"] | {"latin"}
    for wording in phrase.wordings:
        assert wording.language in known, f"{phrase.id}: {wording}"
        re.compile(wording.says)


def test_each_outcome_kind_has_its_meaning() -> None:
    assert set(MEANINGS) == set(Kind), "meanings.toml: one [meaning.KIND] for each outcome kind"


def test_the_page_on_facts_names_every_file() -> None:
    page = (Path(__file__).parents[3] / "docs" / "facts.md").read_text(encoding="utf-8")
    assert [name for name in FILES if f"`{name}`" not in page] == []

"""`show` and `bundle show` name the client that asked, once, and say what it does."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from pawwork_proxy.cli import cli

SAMPLE = Path(__file__).parents[3] / "captures" / "samples" / "two-networks" / "home.jsonl"


@pytest.mark.parametrize("command", [["show"], ["bundle", "show"]])
def test_the_client_of_a_refused_request_is_named(command: list[str]) -> None:
    printed = CliRunner().invoke(cli, [*command, str(SAMPLE)]).stdout
    numbers = "#6, #7, #8 " if command == ["show"] else ""
    said = "free_usage_limit: OpenCode 1.18.33: retried after the wait, as the answer says; the"
    assert f"{numbers}{said}" in " ".join(printed.split())
    assert printed.count("OpenCode 1.18.33: ") == 1

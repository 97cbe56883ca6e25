"""A served page outlives captures that cannot be compared; a file is not written from them."""

from pathlib import Path

import pytest

from pawwork_proxy.cli.commands.report import watched_page
from pawwork_proxy.cli.comparing import Wanted, compared
from pawwork_proxy.errors import ConfigurationError, PawworkProxyError
from tests.unit.captures.studies import one, write


def test_what_cannot_be_compared_is_said_on_a_served_page(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", [one(1, 1)], simulated=True)
    write(tmp_path / "b.jsonl", [one(2, 1)], capture_id="b" * 16, simulated=False)
    (tmp_path / "sealed").mkdir()
    (tmp_path / "sealed" / "broken.zip").write_bytes(b"PK\x03\x04 and no more")
    for place in (tmp_path, tmp_path / "sealed", tmp_path / "none.jsonl"):
        with pytest.raises(PawworkProxyError) as said:
            compared(Wanted([place]))
        page = watched_page(Wanted([place]), 1)
        assert "There is nothing to compare" in page
        assert said.value.hint
        assert all(word in page for word in said.value.hint.split("'")[0].split())
    with pytest.raises(ConfigurationError, match="simulated"):
        compared(Wanted([tmp_path / "a.jsonl", tmp_path / "b.jsonl"]))

"""This user's identity, from files that others may have damaged."""

from pathlib import Path

import pytest

from pawwork_proxy.environment.identity import load_identity
from pawwork_proxy.environment.private_files import HOME_VARIABLE
from pawwork_proxy.errors import ConfigurationError


@pytest.mark.parametrize("content", [b"{bad secret-value", b'["secret-value"]', b"\xff\xfe", b"7"])
def test_a_damaged_list_of_installs_is_said_without_its_content(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    identity = load_identity()
    (tmp_path / "installs.json").write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"installs\.json is damaged") as caught:
        identity.register_install("main")
    assert "secret-value" not in caught.value.message + caught.value.hint


@pytest.mark.parametrize("kept", [None, b"", b"x y", b"\xff", b"0" * 64 + b" device:" + b"0" * 24])
def test_the_kept_pseudonym_of_the_machine_is_the_derived_one(
    kept: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    derived = load_identity().machine.device
    if kept is not None:
        (tmp_path / "device").write_bytes(kept)
    assert load_identity().machine.device == derived
    (tmp_path / "key").unlink()
    assert load_identity().machine.device != derived, "another key, another pseudonym"

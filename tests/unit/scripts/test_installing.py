import sys
from pathlib import Path

import pytest

from scripts._installing import FAILURES, Failure, advice, pip_install
from scripts._messages import SetupError


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.id)
def test_each_failure_is_told_by_its_example(failure: Failure) -> None:
    assert advice(f"Collecting one\n{failure.example}\nmore\n") == failure.hint


def test_ids_are_unique() -> None:
    assert len({failure.id for failure in FAILURES}) == len(FAILURES)


def test_an_unreachable_index_is_no_missing_version() -> None:
    """pip says both when it is offline; only the first is the reason."""
    offline, missing = (
        next(f for f in FAILURES if f.id == name) for name in ("offline", "no-such-version")
    )
    assert advice(f"{offline.example}\n{missing.example}") == offline.hint


def test_an_unknown_failure_leads_to_pips_own_words() -> None:
    assert "pip's own words" in advice("something new\n")


def fake_pip(folder: Path, script: str) -> Path:
    """A stand-in for an environment's Python, which runs `script` instead of pip."""
    python = folder / "python"
    python.write_text(f"#!{sys.executable}\nimport os, sys\n{script}\n")
    python.chmod(0o755)
    return python


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a script stands for Python")


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "some.lock"
    path.write_text("# by a tool\n" + "".join(f"p{n}==1 \\\n    --hash=x\n" for n in range(45)))
    return path


def test_progress_is_counted_and_output_kept(
    tmp_path: Path, lock: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    python = fake_pip(
        tmp_path,
        "print('Ignoring p0: markers')\n"
        "for n in range(1, 45): print(f'Collecting p{n}==1')\n"
        "print('Installing collected packages: p1')",
    )
    pip_install(python, lock, tmp_path / "log", ".venv/py3.13")
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "20 of 44" in shown.err
    assert "40 of 44" in shown.err
    assert "unpacking 44 packages" in shown.err
    assert "Collecting p44==1" in (tmp_path / "log").read_text()


def test_a_failure_becomes_an_error_that_shows_nothing_of_pips_lines(
    tmp_path: Path, lock: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    python = fake_pip(tmp_path, "print('https://me:word@mirror NewConnectionError'); sys.exit(1)")
    with pytest.raises(SetupError) as caught:
        pip_install(python, lock, tmp_path / "log", ".venv/py3.13")
    assert "gives no answer" in caught.value.hint
    assert ".venv/py3.13/log" in caught.value.hint
    assert "mirror" not in caught.value.hint + capsys.readouterr().err


def test_settings_that_lead_packages_elsewhere_are_left_out(
    tmp_path: Path, lock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_TARGET", "/elsewhere")
    monkeypatch.setenv("PIP_INDEX_URL", "kept")
    python = fake_pip(
        tmp_path, "print(*[f'{n}={v}' for n, v in os.environ.items()], sep='\\n'); print(sys.argv)"
    )
    pip_install(python, lock, tmp_path / "log", ".venv/py3.13")
    said = (tmp_path / "log").read_text()
    assert "PIP_TARGET" not in said
    assert "PIP_INDEX_URL=kept" in said
    assert "PIP_USER=0" in said
    assert "--require-hashes" in said

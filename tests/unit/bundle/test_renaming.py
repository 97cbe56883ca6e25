"""A renamed install or network is called by its new name everywhere, and by the old one nowhere."""

import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from pawwork_proxy.bundle.renaming import Renaming
from pawwork_proxy.bundle.selection import Choice, choose
from pawwork_proxy.captures.sources import capture_sources
from pawwork_proxy.cli.commands.bundle import bundle
from pawwork_proxy.errors import ConfigurationError
from pawwork_proxy.model.capture import Note, Stub
from pawwork_proxy.model.context import Install
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.verification.verify import verify
from tests.unit.builders import NOON, connection, exchange, header, hello, opened
from tests.unit.bundle.files import END, written

MINE, OTHER = "graces-laptop", "bystander"


def of(install: str, seq: int) -> Exchange:
    plain = exchange(seq)
    names = {"install": install, "network": "wangs-flat"}
    return plain.model_copy(update={"context": plain.context.model_copy(update=names)})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    installs = tuple(
        Install(label=label, id="install:" + digit * 24)
        for label, digit in ((MINE, "c"), (OTHER, "d"))
    )
    return written(
        tmp_path / "capture-x.jsonl",
        header(installs=installs, network="wangs-flat"),
        hello(),
        opened(1, install=MINE),
        of(MINE, 1),
        of(OTHER, 2),
        Stub(seq=3, at=NOON + timedelta(minutes=5), install=MINE, reason="taint"),
        opened(4, install=MINE),
        connection(install=MINE),
        Note(at=NOON, event="client_exit", install=MINE, exit_code=0),
        Note(at=NOON, event="records_lost", count=1),
        END,
    )


def create(path: Path, *options: str) -> tuple[int, str, Path]:
    """`bundle create` with these options: its exit code, all it said, and where the bundle is."""
    out = path.parent / "out"
    done = CliRunner().invoke(bundle, ["create", str(path), "--yes", "--out", str(out), *options])
    return done.exit_code, done.output, out


def test_the_new_names_are_everywhere_and_the_old_ones_nowhere(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pawwork_proxy.bundle.create.verified_apart", verify)
    code, said, out = create(
        path, "--rename-install", f"{MINE}=device-a", "--rename-network", "wangs-flat=home"
    )
    assert code == 0, said
    (file,) = out.iterdir()
    with zipfile.ZipFile(file) as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    for text in (*texts.values(), said):
        assert MINE not in text
        assert "wangs-flat" not in text
    records = texts["captures/0001.jsonl"]
    assert records.count('"device-a"') == 6, "header, exchange, stub, opened, connection, note"
    assert records.count('"network":"home"') == 3
    assert '"device-a"' in texts["summary.json"]
    assert "device-a" in said
    assert f'"{OTHER}"' in records, "who is not renamed keeps the name"


def test_installs_are_chosen_by_the_names_in_the_captures(path: Path) -> None:
    renaming = Renaming({MINE: "device-a"}, {})
    choice = Choice(installs=renaming.of_installs([MINE]))
    (part,) = choose(capture_sources([path]), choice, reading=renaming.read)
    assert [record.seq for record in part.records] == [0, 1, 3, 4]
    assert [one.label for one in part.header.installs] == ["device-a"]


@pytest.mark.parametrize(
    ("installs", "networks", "what"),
    [
        ({"grace": "device-a"}, {}, "no install in these captures is called grace"),
        ({}, {"wang": "home"}, "no network in these captures is called wang"),
        ({MINE: OTHER}, {}, f"another install in these captures is called {OTHER}"),
    ],
)
def test_a_name_that_nobody_has_or_somebody_else_is_an_error(
    path: Path, installs: dict[str, str], networks: dict[str, str], what: str
) -> None:
    renaming = Renaming(installs, networks)
    choose(capture_sources([path]), Choice(), reading=renaming.read)
    with pytest.raises(ConfigurationError, match=what):
        renaming.check()


def test_two_installs_can_swap_their_names(path: Path) -> None:
    renaming = Renaming({MINE: OTHER, OTHER: MINE}, {})
    (part,) = choose(capture_sources([path]), Choice(), reading=renaming.read)
    renaming.check()
    assert [one.label for one in part.header.installs] == [OTHER, MINE]


@pytest.mark.parametrize(
    ("given", "what"),
    [
        (["laptop"], "Write NAME=NEW"),
        (["=new"], "Write NAME=NEW"),
        (["laptop=two words"], "The new name must be 1 to 32"),
        (["laptop=sk-0a0a0a0a0a0a0a0a0a0a"], "The new name must be 1 to 32"),
        (["laptop=of-graceh"], "has your user name"),
        (["a=b", "a=c"], "Each name can be given once"),
        (["a=c", "b=c"], "Each name can be given once"),
    ],
)
def test_what_is_no_new_name_is_wrong_usage(
    path: Path, monkeypatch: pytest.MonkeyPatch, given: list[str], what: str
) -> None:
    monkeypatch.setattr(
        "pawwork_proxy.bundle.own_secrets.tells_who", lambda label: "graceh" in label
    )
    renames = [part for one in given for part in ("--rename-install", one)]
    code, said, _ = create(path, *renames)
    assert code == 2
    assert what in " ".join(said.replace("│", " ").split())

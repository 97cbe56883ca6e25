"""Set-up for real: a copied checkout with small lock files, and a package index on loopback."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts._bootstrap import ROOT, find_uv
from tests.end_to_end.package_index import add_wheel, served

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands for uv")

BASE = getattr(sys, "_base_executable", sys.executable)
PRODUCT = "import sys, small\nprint(small.WORD, sys.argv[1:], sys.version_info[:2])\n"


class Checkout:
    """A copy of the scripts, with a product of one line that needs one package."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "ein Häus" / "checkout"
        self.index = folder / "index"
        shutil.copytree(ROOT / "scripts", self.root / "scripts")
        (self.root / "pawwork_proxy").mkdir()
        (self.root / "pawwork_proxy" / "__main__.py").write_text(PRODUCT)
        uv = f'#!/bin/sh\nexec "{find_uv()}" "$@"\n'
        self.lock("requirements.lock", "small", {"small.py": "WORD = 'works'\n"})
        self.lock("requirements-lake.lock", "lake", {"lake.py": ""})
        self.lock("requirements-uv.lock", "uv", {"uv-1.0.data/scripts/uv": uv})
        self.environment = {
            "HOME": str(folder),
            "PATH": "",
            "LC_ALL": "C",
            "PIP_CONFIG_FILE": str(folder / "pip.conf"),
            "UV_CACHE_DIR": str(folder / "cache"),
        }
        self.pip_configuration = folder / "pip.conf"

    def lock(self, name: str, package: str, files: dict[str, str]) -> None:
        (self.root / name).write_text(add_wheel(self.index, package, files))

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [BASE, str(self.root / "scripts" / "run.py"), *arguments],
            env=self.environment,
            cwd=self.root.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def run(self, *arguments: str) -> tuple[str, str]:
        process = self.start(*arguments)
        out, err = process.communicate()
        assert process.returncode == 0, err
        return out, err

    @property
    def made(self) -> Path:
        (folder,) = (self.root / ".venv").glob("run-*")
        return folder


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


@pytest.fixture
def asked(checkout: Checkout) -> Iterator[list[str]]:
    """An index that only pip's own configuration file names; who asked it."""
    with served(checkout.index) as (url, asked):
        checkout.pip_configuration.write_text(f"[global]\nindex-url = {url}\n")
        yield asked


def test_nothing_but_a_python_is_needed_and_no_network_the_second_time(
    checkout: Checkout, asked: list[str]
) -> None:
    out, err = checkout.run("demo", "--python", "x")
    version = (sys.version_info[0], sys.version_info[1])
    assert out == f"works ['demo', '--python', 'x'] {version}\n"
    assert "installing packages" in err
    assert {"pip", "uv"} <= set(asked), "both use the index that pip is configured for"
    asked.clear()
    assert checkout.run("again") == (f"works ['again'] {version}\n", "")
    assert asked == []


@pytest.mark.parametrize("lost", ["bin/python", "lib/*/site-packages/small.py", "?" * 64])
def test_a_damaged_or_unfinished_environment_is_made_anew(
    checkout: Checkout, asked: list[str], lost: str
) -> None:
    checkout.run()
    (path,) = checkout.made.glob(lost)
    path.unlink()
    out, err = checkout.run()
    assert out.startswith("works")
    assert "making .venv/run-" in err
    assert checkout.run()[1] == ""


def test_a_new_lock_file_makes_a_new_environment(checkout: Checkout, asked: list[str]) -> None:
    checkout.run()
    checkout.lock("requirements.lock", "other", {"small.py": "WORD = 'renewed'\n"})
    assert checkout.run()[0].startswith("renewed")


def test_two_at_once_make_one_environment(checkout: Checkout, asked: list[str]) -> None:
    both = [checkout.start(), checkout.start()]
    texts = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert all(out.startswith("works") for out, _ in texts)
    assert sum("installing packages" in err for _, err in texts) == 1


def test_the_extra_has_an_environment_of_its_own(checkout: Checkout, asked: list[str]) -> None:
    checkout.run()
    (checkout.root / "pawwork_proxy" / "__main__.py").write_text(
        "import small, lake; print('both')"
    )
    assert checkout.run("--with", "lake")[0] == "both\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--python", "3.99"], "error: no usable Python 3.99 found\nhint: install Python 3.13"),
        (["--python", "/bin/sh"], "error: no usable Python /bin/sh found\nhint: "),
        (["--python="], "error: --python  means nothing here\nhint: "),
        (["--with", "pond"], "error: --with pond means nothing here\nhint: "),
    ],
)
def test_what_cannot_be_had_is_an_error_with_a_remedy(
    checkout: Checkout, asked: list[str], arguments: list[str], message: str
) -> None:
    process = checkout.start(*arguments)
    out, err = process.communicate()
    assert (process.returncode, out) == (70, "")
    assert message in err
    assert "Traceback" not in err


def test_without_an_index_set_up_says_so_and_the_next_start_begins_again(
    checkout: Checkout,
) -> None:
    checkout.pip_configuration.write_text(
        "[global]\nindex-url = http://127.0.0.1:9/simple\nretries = 0\n"
    )
    process = checkout.start()
    _, err = process.communicate()
    assert process.returncode == 70
    assert "error: fetching uv failed\nhint: " in err
    assert "PIP_INDEX_URL" in err
    with served(checkout.index) as (url, _):
        checkout.environment["PIP_INDEX_URL"] = url
        assert checkout.run()[0].startswith("works")


def test_an_older_python_is_told_what_is_needed() -> None:
    """The check comes before anything that an older Python could stumble over."""
    script = str(ROOT / "scripts" / "run.py")
    pretend = f"import runpy, sys; sys.version_info = (3, 9, 1); runpy.run_path({script!r})"
    done = subprocess.run([BASE, "-c", pretend], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "error: this needs Python 3.11 or newer\nhint: " in done.stderr

"""The lock files: `run.py` installs a part of what `test.py` installs; both are clean."""

import re

import pytest

from scripts._environment import LOCK_FILES, ROOT, RUN, TEST


def pins(name: str) -> set[str]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return {line.removesuffix(" \\") for line in lines if line[:1].isalnum()}


@pytest.mark.parametrize("name", LOCK_FILES)
def test_every_requirement_is_pinned_and_hashed(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=[A-Za-z0-9])", text)[1:]
    assert len(blocks) > 50
    for block in blocks:
        assert re.match(r"[a-z0-9.-]+(\[[a-z0-9,-]+\])?==\S+", block)
        assert "--hash=sha256:" in block


@pytest.mark.parametrize("name", LOCK_FILES)
def test_no_address_and_no_place_of_a_machine_is_in_a_lock(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"://|^-|--find-links|--index| /\w|[A-Z]:\\", text, re.MULTILINE)


def test_the_environment_of_the_tests_serves_the_product() -> None:
    assert pins(RUN.lock_file) < pins(TEST.lock_file)
    assert set(RUN.modules) < set(TEST.modules)


def test_each_python_has_one_mitmproxy() -> None:
    found = sorted(pin for pin in pins(RUN.lock_file) if pin.startswith("mitmproxy=="))
    assert [re.sub(r"==(\d+)\.\S+", r"==\1", pin) for pin in found] == [
        "mitmproxy==11 ; python_full_version < '3.12'",
        "mitmproxy==12 ; python_full_version >= '3.12'",
    ]

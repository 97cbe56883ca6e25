"""The lock files: every requirement pinned and hashed, no addresses, the tests' versions held."""

import re

import pytest

from scripts._bootstrap import LOCKS, ROOT

NAMES = sorted({name for names in LOCKS.values() for name in names} | {"requirements-uv.lock"})


def pins(name: str) -> set[str]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return {line.removesuffix(" \\") for line in lines if line[:1].isalnum()}


@pytest.mark.parametrize("name", NAMES)
def test_every_requirement_is_pinned_and_hashed(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=[A-Za-z0-9])", text)[1:]
    assert blocks
    for block in blocks:
        assert re.match(r"[a-z0-9.-]+(\[[a-z0-9,-]+\])?==\S+", block)
        assert "--hash=sha256:" in block


@pytest.mark.parametrize("name", NAMES)
def test_no_address_and_no_place_of_a_machine_is_in_a_lock(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"://|^-|--find-links|--index| /\w|[A-Z]:\\", text, re.MULTILINE)


def test_the_tests_run_with_the_versions_of_the_product_and_its_extra() -> None:
    """A test tool may want a package on more Pythons than the product does, in the same version."""

    def versions(name: str) -> set[str]:
        return {pin.partition(" ;")[0] for pin in pins(name)}

    product = versions("requirements.lock") | versions("requirements-lake.lock")
    assert product < versions("requirements-dev.lock")


def test_each_python_has_one_mitmproxy() -> None:
    found = sorted(pin for pin in pins("requirements.lock") if pin.startswith("mitmproxy=="))
    assert [re.sub(r"==(\d+)\.\S+", r"==\1", pin) for pin in found] == [
        "mitmproxy==11 ; python_full_version < '3.12'",
        "mitmproxy==12 ; python_full_version >= '3.12'",
    ]

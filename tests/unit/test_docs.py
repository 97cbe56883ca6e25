"""The documents lead to each other, name what there is, and show what the tool prints."""

import re
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from pawwork_proxy.cli import cli

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "captures").rglob("*.md")),
]
EVERY = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
README = (ROOT / "README.md").read_text("utf-8")
QUOTA = (
    "HTTP/2 429\ndate: Tue, 24 Nov 2026 10:02:57 GMT\nretry-after: 50223\n\n"
    '{"type":"error","error":{"type":"FreeUsageLimitError","message":"x"},"metadata":{}}'
)


def test_the_index_has_a_sentence_for_every_page() -> None:
    index = (ROOT / "docs" / "index.md").read_text("utf-8")
    rows = re.findall(r"^\| \[([\w.-]+\.md)\]\(\1\) \| [^|]+\. \|$", index, re.MULTILINE)
    pages = {page.name for page in (ROOT / "docs").glob("*.md")} - {"index.md"}
    assert set(rows) == pages


@EVERY
def test_every_link_leads_somewhere(page: Path) -> None:
    text = re.sub(r"`[^`\n]+`", "", page.read_text("utf-8"))
    links = re.findall(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)", text)
    assert [link for link in links if not (page.parent / link).exists()] == []


@EVERY
def test_every_file_that_is_named_exists(page: Path) -> None:
    named = re.findall(
        r"`((?:pawwork_proxy|scripts|tests|docs|addons)/[\w./-]+\w/?)`", page.read_text("utf-8")
    )
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_modules_of_the_architecture_exist() -> None:
    named = re.findall(r"`([a-z_]+/[a-z_]+\.py)`", ARCHITECTURE)
    assert len(named) > 10
    places = (ROOT, ROOT / "pawwork_proxy")
    assert [name for name in named if not any((one / name).exists() for one in places)] == []


def test_the_architecture_has_the_layers_of_the_import_contract() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    (layers,) = [one["layers"] for one in contracts["contracts"] if one["type"] == "layers"]
    block = ARCHITECTURE.split("## The layers")[1].split("```")[1]
    assert block.split("\n")[1:-1] == [layer for layer in layers if not layer.startswith("(")]


def test_the_architecture_says_who_may_import_a_guarded_library() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    text = " ".join(ARCHITECTURE.split())
    for contract in contracts["contracts"]:
        if contract["type"] == "protected":
            allowed = [one.removeprefix("pawwork_proxy.") for one in contract["allowed_importers"]]
            users = " and ".join(f"`{name}`" for name in allowed)
            assert f"only {users} import {contract['protected_modules'][0]}" in text


def test_the_architecture_says_what_each_package_is() -> None:
    rows = set(re.findall(r"^\| `([a-z_.]+)` \| .+\. \|$", ARCHITECTURE, re.MULTILINE))
    package = ROOT / "pawwork_proxy"
    folders = {file.parent.name for file in package.glob("*/__init__.py")}
    modules = {file.name for file in package.glob("[a-z]*.py")}
    assert rows == folders | modules


def test_every_script_is_documented() -> None:
    page = (ROOT / "docs" / "development.md").read_text("utf-8")
    scripts = [file.stem for file in (ROOT / "scripts").glob("[a-z]*.py")]
    assert [name for name in scripts if not re.search(rf"scripts[/.]{name}\b", page)] == []


def excerpts() -> dict[str, list[str]]:
    """What the README shows of each command, cut where it leaves something out."""
    blocks = re.findall(r"```\n\$ python3 scripts/run\.py ([^\n]+)\n(.*?)```", README, re.DOTALL)
    return {
        command: [" ".join(one.split()) for one in text.split("…") if one.strip()]
        for command, text in blocks
    }


@pytest.mark.parametrize("command", ["show", "compare", "classify"])
def test_the_readme_shows_what_a_command_prints(command: str) -> None:
    (shown,) = [text for line, text in excerpts().items() if line.split()[0] == command]
    (line,) = [line for line in excerpts() if line.split()[0] == command]
    arguments = line.split()
    if command == "classify":
        arguments = arguments[:1]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        result = CliRunner().invoke(cli, arguments, input=QUOTA)
    assert result.exit_code == 0
    printed = " ".join(result.stdout.split())
    assert [stretch for stretch in shown if stretch not in printed] == []


def test_what_the_readme_shows_fits_80_columns() -> None:
    blocks = re.findall(r"```\n(.*?)```", README, re.DOTALL)
    assert [line for block in blocks for line in block.split("\n") if len(line) > 80] == []

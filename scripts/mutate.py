"""Tests the tests: `python3 scripts/mutate.py [--sample N] [MODULE...]`.

cosmic-ray makes mutants of a module: one operator, number or condition changed. A mutant is killed
if a test of its room fails; a survivor shows a promise that no test holds. The exit code is 1 if
fewer than FLOOR percent of a module's mutants are killed.

Mutants live in memory only, in forks of a process that has loaded what the module depends on: a
mutant costs its tests, but no new interpreter. All of it runs in a copy of the tree, so that you
may work on meanwhile. Needs `fork`: not on Windows.
"""

import argparse
import ast
import os
import random
import re
import resource
import shutil
import sys
import tempfile
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

# Not this folder itself: its files would hide modules of the same name.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from scripts._bootstrap import ROOT, start  # noqa: E402 - needs the line above

FLOOR = 88
NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "capture-*.jsonl")
RULES = ("outcomes/test_rule_borders.py", "outcomes/test_edge_pages.py", "outcomes/test_rules.py")
# Modules of the package, and the tests of each in tests/unit, the quickest to tell first.
MODULES = {
    "redaction.taint_gate": ("redaction/test_taint_gate_spellings.py", "redaction"),
    "verification.scan": ("verification/test_scan.py", "verification/test_leak_rules.py"),
    "verification.leak_rules": ("verification/test_leak_rules.py", "verification/test_scan.py"),
    "outcomes.zen_rules": RULES,
    "outcomes.wording_rules": RULES,
    "outcomes.wordless_rules": RULES,
    "comparison.verdicts": ("comparison/test_verdicts.py", "comparison"),
    "comparison.contrasts": ("comparison/test_contrasts.py", "comparison"),
    "comparison.elimination": ("comparison/test_elimination.py", "comparison"),
    "comparison.withstand": ("comparison/test_withstand.py", "comparison"),
    "comparison.crowds": ("comparison/test_crowds.py", "comparison"),
    "comparison.groupings": ("comparison/test_groupings.py", "comparison"),
    "comparison.tried": ("comparison/test_tried.py", "comparison"),
    "captures.reader": ("captures/test_reader.py", "captures"),
    "captures.records": ("captures/test_reader.py", "captures"),
    "captures.tally": ("captures/test_aggregation.py", "captures"),
    "captures.aggregation": ("captures/test_aggregation.py", "captures"),
}
# Of each operator its opposite and its neighbour. What cosmic-ray offers beyond these fails in any
# test at all (`+` for `|`), or is the same for our values (`is` for `==`).
OPERATORS = re.compile(
    r"core/(NumberReplacer|AddNot|Replace(True|False|And|Or|Break|Continue)With\w+|RemoveDecorator"
    r"|ZeroIterationForLoop|ReplaceUnaryOperator_(Delete_\w+|USub_UAdd)"
    r"|ReplaceBinaryOperator_(Add_Sub|Sub_Add|Mul_Div|Div_Mul|FloorDiv_Mul|Mod_Mul|BitOr_BitAnd"
    r"|BitAnd_BitOr)|ReplaceComparisonOperator_(Eq_NotEq|NotEq_Eq|Is_IsNot|IsNot_Is|In_NotIn"
    r"|NotIn_In|Lt_(LtE|GtE)|LtE_(Lt|Gt)|Gt_(GtE|LtE)|GtE_(Gt|Lt)))"
)
PYTEST = ("-xq", "--fast", "--assert=plain", "-pno:cacheprovider", "--hypothesis-seed=0")
EXAMPLES = {"Sample", "zen"}  # what makes an example
# They make a class quicker or a mistake louder; the `*` and `/` that end a kind of parameters.
GUARDS = {"frozen=True", "slots=True", "eq=False", "kw_only=True", "strict=True"}
MARKER = re.compile(r"[*/](?=[,)]|$)")
MOST_BYTES = 4 << 30  # of address space; a mutant that needs more is killed


class Mutant(NamedTuple):
    """A module's text with one change: at which line, by which operator."""

    line: int
    operator: str
    text: str


def inert(source: str) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Where a module can be changed without a change of behaviour: line and column, from and to.

    It is so in annotations, guards and markers, and in the examples that rules bring along.
    """
    for number, line in enumerate(source.splitlines(), 1):
        yield from (((number, at.start()), (number, at.end())) for at in MARKER.finditer(line))
    for node in ast.walk(ast.parse(source)):
        parts = [getattr(node, name, None) for name in ("annotation", "returns")]
        example = isinstance(node, ast.Call) and getattr(node.func, "id", None) in EXAMPLES
        if example or (isinstance(node, ast.keyword) and ast.unparse(node) in GUARDS):
            parts.append(node)
        for part in filter(None, parts):
            yield (part.lineno, part.col_offset), (part.end_lineno, part.end_col_offset)


def mutants(source: str) -> Iterator[Mutant]:
    """Every mutant of a module, but for those that change no behaviour."""
    from cosmic_ray.ast import ast_nodes, get_ast  # noqa: PLC0415 - not in other environments
    from cosmic_ray.mutating import mutate_code  # noqa: PLC0415
    from cosmic_ray.plugins import get_operator, operator_names  # noqa: PLC0415

    left_out = list(inert(source))
    for name in filter(OPERATORS.fullmatch, operator_names()):
        operator = get_operator(name)()
        places = [
            at for node in ast_nodes(get_ast(source)) for at in operator.mutation_positions(node)
        ]
        for number, (place, _) in enumerate(places):
            text = mutate_code(source, operator, number)
            if text and not any(first <= place < last for first, last in left_out):
                yield Mutant(place[0], name.partition("/")[2], text)


def run_tests(name: str, path: str, text: str, tests: tuple[str, ...], seconds: int) -> int:
    """Start a process that runs tests with this text as module `name`. Returns its id."""
    if child := os.fork():
        return child
    code = 1
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))  # a mutant that hangs is killed
        resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
        for stream in (1, 2):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
        import pytest  # noqa: PLC0415 - loaded already
        from hypothesis.configuration import set_hypothesis_home_dir  # noqa: PLC0415

        module = sys.modules[name] = ModuleType(name)
        module.__file__ = path
        exec(compile(text, path, "exec"), module.__dict__)  # noqa: S102
        package, _, leaf = name.rpartition(".")
        setattr(sys.modules[package], leaf, module)
        with tempfile.TemporaryDirectory() as folder:  # no examples from another mutant
            set_hypothesis_home_dir(folder)
            code = pytest.main([*PYTEST, *tests])
    finally:
        os._exit(code)


def survivors(module: str, sample: int | None) -> tuple[int, list[str]]:
    """Test a module's mutants, as many at once as there are processors: how many, who survived."""
    name, tests = f"pawwork_proxy.{module}", tuple(f"tests/unit/{one}" for one in MODULES[module])
    for loaded in filter(re.compile("pawwork_proxy|tests").match, list(sys.modules)):
        del sys.modules[loaded]
    # Loads what the module depends on. What depends on it is loaded by each mutant's process, since
    # imports go one way only.
    path = str(import_module(name).__file__)
    del sys.modules[name]
    source = Path(path).read_text("utf-8")
    _, status, usage = os.wait4(run_tests(name, path, source, tests, 600), 0)
    if status:
        sys.exit(f"error: the tests of {module} fail without a mutant")
    seconds = 10 + 3 * int(usage.ru_utime)
    todo = list(mutants(source))
    todo = random.Random(0).sample(todo, min(sample or len(todo), len(todo)))
    count, running, alive = len(todo), dict[int, Mutant](), list[Mutant]()
    while todo or running:
        if todo and len(running) < (os.cpu_count() or 1):
            mutant = todo.pop()
            running[run_tests(name, path, mutant.text, tests, seconds)] = mutant
        else:
            child, status = os.wait()
            mutant = running.pop(child)
            alive += [] if status else [mutant]
    lines = source.splitlines()
    return count, [
        f"{os.path.relpath(path)}:{one.line} {one.operator}\n"
        f"  - {lines[one.line - 1].strip()}\n  + {one.text.splitlines()[one.line - 1].strip()}"
        for one in sorted(alive)
    ]


def main() -> int:
    """Test the modules named, or all of the table. Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", choices=MODULES, metavar="MODULE")
    parser.add_argument("--sample", type=int, help="at most so many mutants of each module")
    chosen = parser.parse_args()
    for plugin in entry_points(group="pytest11"):  # loaded once for all
        plugin.load()
    weak = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copytree(ROOT, Path(folder, "copy"), ignore=NOT_COPIED)
        os.chdir(copy)
        sys.path[0] = str(copy)
        for module in chosen.modules or MODULES:
            count, alive = survivors(module, chosen.sample)
            percent = 100 * (count - len(alive)) / count
            weak += percent < FLOOR
            told = f"{module}: {count - len(alive)} of {count} killed, {percent:.1f} %"
            print(*alive, told, sep="\n", flush=True)
        os.chdir(ROOT)
    return 1 if weak else 0


if __name__ == "__main__":
    if not find_spec("cosmic_ray"):
        start("mutation", __file__)
    sys.exit(main())

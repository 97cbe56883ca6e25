"""No pattern that hostile text meets takes more than its length: eight times as much text is about
eight times the work, whatever is repeated in it.

What is compared is the processor time of this thread, never against a clock: a pattern that is
quadratic takes 64 times as long, on every machine and in every attempt.
"""

import importlib
import inspect
import pkgutil
import re
import time
from collections.abc import Callable, Iterator
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any

import pytest

from pawwork_proxy.redaction import values
from pawwork_proxy.verification.leak_rules import LEAK_RULES

PACKAGES = ("redaction", "responses", "verification", "wire")
FEW, MANY = 500, 4000
MOST_TIMES = 24
"""Between 8 and 64, with room for caches and memory on both sides."""
ATTEMPTS = 4
USUAL = ("a.b.c.", "a_", "a-", "A.", "1.", "1,", "a@", "a@a.", "..", "((", '"\\', '{"', ": ", "a ")


def named_patterns() -> Iterator[tuple[str, re.Pattern[Any], str]]:
    """The patterns of the packages, and the ways in which their modules use them."""
    for package in PACKAGES:
        folder = importlib.import_module(f"pawwork_proxy.{package}")
        for found in pkgutil.iter_modules(folder.__path__):
            module = importlib.import_module(f"{folder.__name__}.{found.name}")
            source = inspect.getsource(module)
            for name, value in vars(module).items():
                if isinstance(value, re.Pattern):
                    for way in set(re.findall(rf"\b{name}\.(\w+)\(", source)):
                        yield f"{found.name}.{name}.{way}", value, way


def letters(pattern: re.Pattern[Any]) -> list[str]:
    """Characters that the pattern has a place for."""
    text = pattern.pattern
    text = text.decode("latin-1") if isinstance(text, bytes) else text
    found: dict[str, None] = {}
    waiting: list[Any] = [_parser.parse(text, pattern.flags & ~re.UNICODE)]
    while waiting:
        one = waiting.pop()
        if isinstance(one, tuple) and len(one) == 2 and one[0] is _constants.LITERAL:
            found[chr(one[1])] = None
        elif isinstance(one, tuple) and len(one) == 2 and one[0] is _constants.RANGE:
            found[chr(one[1][0])] = None
        elif isinstance(one, list | tuple | _parser.SubPattern):
            waiting.extend(one)
    return sorted(found, key=lambda char: (char.isalnum(), char))[:10]


def pumps(pattern: re.Pattern[Any]) -> Iterator[str]:
    """What to repeat."""
    some = [*letters(pattern)[:5], "a", "1"]
    yield from dict.fromkeys((*USUAL, *some, *(f"{one}{two}" for one in some for two in "a1.")))


def used(pattern: re.Pattern[Any], way: str) -> Callable[[str], object]:
    """The pattern as its module uses it, over the whole of a text."""
    encoded = isinstance(pattern.pattern, bytes)

    def use(text: str) -> object:
        subject: Any = text.encode("latin-1", "replace") if encoded else text
        if way in ("sub", "subn"):
            return getattr(pattern, way)(lambda match: match[0], subject)
        found = getattr(pattern, way)(subject)
        return list(found) if way == "finditer" else found

    return use


def taken(use: Callable[[str], object], text: str) -> float:
    before = time.thread_time()
    use(text)
    return time.thread_time() - before


def is_linear(use: Callable[[str], object], pump: str) -> bool:
    few, many = pump * (FEW // len(pump)), pump * (MANY // len(pump))
    for start, end in (("", "\0"), ("a@", " ")):
        if not any(
            taken(use, f"{start}{many}{end}")
            <= MOST_TIMES * max(1e-5, taken(use, f"{start}{few}{end}"))
            for _ in range(ATTEMPTS)
        ):
            return False
    return True


EVERY = {
    **{name: (used(pattern, way), pattern) for name, pattern, way in named_patterns()},
    **{f"leak.{rule.id}": (rule.finds, re.compile(r"[a-z0-9A-Z:./@-]")) for rule in LEAK_RULES},
    **{f"form.{row.id}": (used(row.pattern, "fullmatch"), row.pattern) for row in values.FORMS},
}


@pytest.mark.slow
@pytest.mark.python
@pytest.mark.parametrize("name", sorted(EVERY))
def test_eight_times_the_text_is_about_eight_times_the_work(name: str) -> None:
    use, pattern = EVERY[name]
    assert [pump for pump in pumps(pattern) if not is_linear(use, pump)] == []


def test_the_measure_knows_what_is_quadratic() -> None:
    assert not is_linear(used(re.compile(r"[a-z]+@"), "search"), "a")
    assert is_linear(used(re.compile(r"[a-z]@"), "search"), "a")

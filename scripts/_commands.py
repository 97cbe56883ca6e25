"""What `run.py` and `test.py` start, made of their arguments.

Standard library only. Invariant: a test that needs a tool this machine lacks is deselected and
the lack said in one line, or, where PAWWORK_REQUIRE_EXTRAS=1, an error; never a silent pass.
"""

import os
from collections.abc import Callable, Mapping
from typing import NamedTuple

from scripts._environment import ROOT, RUN, TEST, ready_python
from scripts._messages import SetupError, say
from scripts._starting import Command, python_option
from scripts._tools import Missing, find_chromium, find_client

REQUIRE_VARIABLE = "PAWWORK_REQUIRE_EXTRAS"

FAST_EXPRESSION = "not slow and not client and not browser"


class Extra(NamedTuple):
    """A tool beside Python that some tests need; `variable` tells them where it is."""

    marker: str
    variable: str
    find: Callable[[Mapping[str, str]], str | Missing]


EXTRAS = (
    Extra("client", "PAWWORK_TEST_CLIENT", find_client),
    Extra("browser", "PAWWORK_TEST_CHROMIUM", find_chromium),
)


def product(arguments: list[str]) -> Command:
    """`run.py`: pawwork-proxy with these arguments. Raises SetupError."""
    request, rest = python_option(arguments)
    return Command(ready_python(RUN, request), ["-m", "pawwork_proxy", *rest])


def tests(arguments: list[str]) -> Command:
    """`test.py`: pytest with these arguments, less what cannot run here. Raises SetupError."""
    request, rest = python_option(arguments)
    fast, expression, rest = selection(rest)
    python = ready_python(TEST, request)
    variables: dict[str, str] = {}
    expressions = [expression] if expression else []
    if fast:
        expressions.append(FAST_EXPRESSION)
    else:
        variables, missing = extras(os.environ)
        expressions += [f"not {marker}" for marker in missing]
    chosen = ["-m", " and ".join(f"({one})" for one in expressions)] if expressions else []
    # On all cores unless something was asked for: a chosen test starts sooner without workers.
    spread = ["-n", "auto"] if all(one.startswith("--cov") or one == "-q" for one in rest) else []
    return Command(python, ["-m", "pytest", *chosen, *rest, *spread], variables, folder=ROOT)


def selection(arguments: list[str]) -> tuple[bool, str, list[str]]:
    """Take `--fast` and `-m EXPRESSION` out: whether fast, the expression, what is left."""
    fast, expression, rest = False, "", []
    remaining = iter(arguments)
    for argument in remaining:
        if argument == "--fast":
            fast = True
        elif argument == "-m":
            expression = next(remaining, "")
        else:
            rest.append(argument)
    return fast, expression, rest


def extras(
    environment: Mapping[str, str], known: tuple[Extra, ...] = EXTRAS
) -> tuple[dict[str, str], list[str]]:
    """Variables that name the tools found, and the markers of those that are missing.

    Raises SetupError for a missing one where PAWWORK_REQUIRE_EXTRAS=1.
    """
    variables: dict[str, str] = {}
    missing: list[str] = []
    for extra in known:
        found = extra.find(environment)
        if not isinstance(found, Missing):
            variables[extra.variable] = found
        elif environment.get(REQUIRE_VARIABLE) == "1":
            raise SetupError(f"{found.what}, and {REQUIRE_VARIABLE}=1", found.remedy)
        else:
            missing.append(extra.marker)
            say(f"tests marked {extra.marker!r} are left out: {found.what} ({found.remedy})")
    return variables, missing

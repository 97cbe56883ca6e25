"""What a client has started is followed: below it while it lives, by its environment afterwards."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from pawwork_proxy.clients.descendants import INHERITED, Descendants, applications, end, named

pytestmark = pytest.mark.process

URL = f"http://127.0.0.1:1/{os.getpid()}"  # tests beside this one have their own
LONG = "import time; time.sleep(600)"
PARENT = f"""
import os, subprocess, sys
one = subprocess.Popen([sys.executable, "-c", {LONG!r}], env=dict(os.environ, {INHERITED}="no"),
                       stdout=subprocess.DEVNULL)
print(one.pid, flush=True)
sys.stdin.read()
"""
"""Starts a child without our environment, and ends with its input."""


@contextmanager
def started(script: str, **environment: str) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(
        [sys.executable, "-c", script],
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_child_is_known_from_the_tree_also_when_its_parent_has_gone() -> None:
    with started(PARENT, **{INHERITED: URL}) as client:
        family = Descendants(client.pid, URL)
        assert client.stdout is not None
        child = int(client.stdout.readline())
        assert [process.pid for process in family.look()] == [child, client.pid]
        client.communicate()
        (left,) = family.left_behind()
        assert left.pid == child
        end([left])
        psutil.wait_procs([left])
        assert not family.left_behind()


def test_whatever_has_our_address_in_its_environment_is_the_clients() -> None:
    """It was handed over to before anybody could look at the tree."""
    with started("", **{INHERITED: URL}) as client:
        family = Descendants(client.pid, URL)
        client.communicate()
        with started(LONG, **{INHERITED: URL}) as mine, started(LONG, **{INHERITED: "x"}):
            assert [process.pid for process in family.left_behind()] == [mine.pid]
            end([psutil.Process(mine.pid)], kill=True)
            assert mine.wait() != 0


def test_a_client_that_is_gone_already_has_left_nothing() -> None:
    with started("") as client:
        client.communicate()
        family = Descendants(client.pid, URL)
        assert (family.look(), family.left_behind()) == ([], [])


def test_processes_are_named_as_records_name_them(monkeypatch: pytest.MonkeyPatch) -> None:
    own = psutil.Process()
    with started("") as gone:
        dead = psutil.Process(gone.pid)
        gone.communicate()
    for name, shown in (("PawWork.exe", "pawwork"), ("my-secret-tool", "process")):
        monkeypatch.setattr(psutil.Process, "name", lambda process, name=name: _name(process, name))
        assert named([dead, own]) == f"{shown} {own.pid}"
        own.info = {"name": name}
        monkeypatch.setattr(psutil, "process_iter", lambda _: [own])
        assert list(applications()) == ([own] if shown == "pawwork" else [])


def _name(process: psutil.Process, name: str) -> str:
    if process.pid != os.getpid():
        raise psutil.NoSuchProcess(process.pid)
    return name

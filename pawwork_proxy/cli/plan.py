"""The plan of a run, made from the options that `run` and `launch` share.

Invariant: everything the user gave is checked here, before a port is opened or a file made.
"""

import os
import socket
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from pawwork_proxy.captures.retention import remove_expired
from pawwork_proxy.environment.machine import is_this_machine, utc_now
from pawwork_proxy.errors import ConfigurationError
from pawwork_proxy.proxy.chained import chained_proxy
from pawwork_proxy.proxy.listeners import DEFAULT_LABEL, parse_listeners
from pawwork_proxy.proxy.session import RunPlan
from pawwork_proxy.proxy.trust import trusted_as_well
from pawwork_proxy.recording.destination import ZEN, parse_upstream
from pawwork_proxy.redaction.labels import LABEL_RULE, keep_label
from pawwork_proxy.report.words import shell_word


def make_plan(
    installs: Sequence[str],
    *,
    network: str | None,
    upstream: str | None = None,
    upstream_ca: Path | None,
    via: str | None,
    source: str | None,
    egress_probe: bool,
    captures: Path,
    keep_days: int,
) -> RunPlan:
    """The checked plan of a run, from `options.capturing`; ConfigurationError with a remedy."""
    if network is not None and keep_label(network) is None:
        raise ConfigurationError(
            f"--network {LABEL_RULE}", "a plain word, for example: --network home"
        )
    if source is not None:
        _check_source(source)
    target = parse_upstream(upstream) if upstream else ZEN
    for option, label in (("--network", network), *(("--install", one) for one in installs)):
        _refuse_names(option, (label or "").partition("@")[0])
    listeners = parse_listeners(installs)
    chained = chained_proxy(via, target)
    if (
        chained
        and is_this_machine(chained.host)
        and any(chained.port == listener.port for listener in listeners)
    ):
        raise ConfigurationError(
            "the chained proxy is this proxy itself",
            "unset HTTPS_PROXY in the shell that starts pawwork-proxy",
        )
    return RunPlan(
        listeners=listeners,
        upstream=target,
        via=chained,
        network=network,
        source=source,
        captures=captures.expanduser().absolute(),
        keep_days=keep_days,
        upstream_ca=trusted_as_well(upstream_ca) if upstream_ca else None,
        egress_probe=egress_probe,
    )


def forget_expired(plan: RunPlan) -> None:
    """Remove captures that have been kept long enough, and say so."""
    days = plan.keep_days
    if removed := remove_expired(plan.captures, utc_now(), days):
        click.echo(f"removed {removed} captures older than {days} days (--keep-days)", err=True)


def with_answers(
    plan: RunPlan, answer: str | None, model: str | None, every: int | None, times: int | None
) -> RunPlan:
    """The plan, with what `options.answering` asks for; ConfigurationError with a remedy."""
    if answer is None and (model, every, times) == (None, None, None):
        return plan
    from pawwork_proxy.cli.answers import local_answers

    return replace(plan, answers=local_answers(answer, model, every, times))


def _refuse_names(option: str, label: str) -> None:
    """ConfigurationError for a label that no bundle could hold; `main` is nobody's."""
    if label in ("", DEFAULT_LABEL):
        return
    from pawwork_proxy.bundle.own_secrets import tells_who

    if tells_who(label):
        raise ConfigurationError(
            f"{option} {label} has your user name or this machine's name in it, and would keep the "
            "capture out of every bundle",
            f"choose another word, for example: {option} {'home' if 'net' in option else 'laptop'}",
        )


def _check_source(source: str) -> None:
    """ConfigurationError when this machine has no such address."""
    try:
        family = socket.AF_INET6 if ":" in source else socket.AF_INET
        with socket.socket(family) as probe:
            probe.bind((source, 0))
    except OSError:
        raise ConfigurationError(
            f"--source {source} is no address of this machine", "for example: --source 192.168.1.20"
        ) from None


def home_relative(path: Path) -> str:
    """A path as a user would type it, in quotation marks that each shell knows where it has to."""
    try:
        short = os.path.relpath(path)
    except ValueError:  # another drive on Windows
        short = str(path)
    return shell_word(short)

"""`run`: the proxy, until Ctrl-C."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from pawwork_proxy.cli.naming import tell
from pawwork_proxy.cli.options import after_help, answering, capturing, formats, to_server

if TYPE_CHECKING:
    from pawwork_proxy.environment.identity import Identity
    from pawwork_proxy.environment.running import NotedRun
    from pawwork_proxy.proxy.session import RunPlan
    from pawwork_proxy.recording.recorder import Recorder
    from pawwork_proxy.redaction.taint_gate import Hit

EXITS = {0: "stopped", 2: "an option, port, folder or proxy cannot be used"}
NOTHING_SEEN = """\
No exchange was seen. Usual causes:
  - the client was started without the settings shown above, or before them (restart it)
  - the client reads another configuration file: 'pawwork-proxy connect' edits the right one
  - PawWork built on DSH (2026.8.4, and 2026.8.6 or newer) overwrites baseURL: use the environment
'pawwork-proxy doctor' finds out which it is, while 'run' is running."""


@click.command(
    epilog=after_help("run --install laptop --install desktop@9700 --network home", EXITS)
)
@click.option(
    "--install",
    "installs",
    multiple=True,
    envvar="PAWWORK_PROXY_INSTALL",
    show_envvar=True,
    metavar="NAME[@PORT]",
    help="Open a listener for this install. Repeat the option for several installs; port 0 takes "
    "any free port, and without one the next that is free from 9610 on is taken.  "
    "[default: main@9610]",
)
@to_server
@capturing
@answering
@formats(
    "text",
    "json",
    words="json writes one line to stdout when the proxy listens, and one at the end.",
)
def run(
    installs: Sequence[str],
    answer: str | None,
    model: str | None,
    every: int | None,
    times: int | None,
    output: str,
    **capturing: Any,
) -> None:
    """Record what clients ask of opencode.ai, until you press Ctrl-C.

    Each install gets one listener on loopback that serves both routes: as base address in the
    client's configuration, and as its HTTPS proxy. Only opencode.ai is decrypted and recorded;
    everything else passes untouched.
    """
    import asyncio

    from pawwork_proxy.cli.plan import forget_expired, make_plan, with_answers
    from pawwork_proxy.cli.unread import output_never_waits
    from pawwork_proxy.environment.identity import load_identity

    plan = with_answers(make_plan(installs, **capturing), answer, model, every, times)
    forget_expired(plan)
    with output_never_waits():
        asyncio.run(_run(plan, load_identity(), as_json=output == "json"))


async def _run(plan: RunPlan, identity: Identity, *, as_json: bool) -> None:
    from pawwork_proxy.cli.how_to_connect import how_to_connect
    from pawwork_proxy.cli.live import chosen_view
    from pawwork_proxy.cli.stopping import stop_signals
    from pawwork_proxy.diagnosis.bypass import watching_bypasses
    from pawwork_proxy.environment.running import noted
    from pawwork_proxy.proxy.session import running_proxy

    if not as_json:
        tell(how_to_connect(plan, identity), err=True)
    view = chosen_view()
    view.chained = plan.via.address if plan.via else ""
    try:
        async with stop_signals() as stop, running_proxy(plan, identity, view) as recorder:
            with noted(identity.home, _note(plan, recorder)), watching_bypasses(view.warn):
                if as_json:
                    started = {
                        "event": "listening",
                        "installs": {listener.label: listener.url for listener in plan.listeners},
                        "capture": str(recorder.path),
                        "ca_certificate": str(identity.ca_certificate),
                        "answers": plan.answers.state if plan.answers else None,
                    }
                    click.echo(json.dumps(started))
                await stop.wait()
    finally:
        view.close()
    _summary(recorder, as_json=as_json)


def _note(plan: RunPlan, recorder: Recorder) -> NotedRun:
    from pawwork_proxy.environment.running import this_run

    return this_run(
        {listener.label: listener.port for listener in plan.listeners},
        recorder.path,
        f"{plan.upstream.host}:{plan.upstream.port}",
        plan.via.address if plan.via else None,
        password=bool(plan.via and plan.via.credentials),
    )


def _summary(recorder: Recorder, *, as_json: bool) -> None:
    from pawwork_proxy.cli.live import counter_line
    from pawwork_proxy.cli.plan import home_relative

    counts = recorder.counts
    if as_json:
        end = {
            "event": "finished",
            "capture": str(recorder.path),
            "recorded": counts.recorded,
            "in_flight": counts.in_flight,
            "stubs": dict(counts.stubs),
            "records_withheld": _by_rule_and_place(counts.records_withheld),
            "values_withheld": _by_rule_and_place(counts.values_withheld),
            "lost": recorder.lost,
            "tap_failures": counts.tap_failures,
            "outcomes": dict(counts.kinds),
        }
        click.echo(json.dumps(end))
        return
    click.echo(counter_line(counts, recorder.lost), err=True)
    if not counts.opened:
        tell(NOTHING_SEEN, err=True)
        if counts.distrusted:
            click.echo(
                "  - a client distrusts our certificate: set NODE_EXTRA_CA_CERTS as above", err=True
            )
    click.echo(str(recorder.path))
    tell(f"look at it: pawwork-proxy show {home_relative(recorder.path)}", err=True)


def _by_rule_and_place(withheld: Counter[Hit]) -> dict[str, int]:
    return {f"{hit.rule} {hit.path}": number for hit, number in withheld.items()}

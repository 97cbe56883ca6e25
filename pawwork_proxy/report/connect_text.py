"""What `connect` says of a client that it leads to the proxy, or takes back from there."""

from collections.abc import Iterator
from typing import Any

from pawwork_proxy.report.words import printable
from pawwork_proxy.report.wrapping import wrapped

DSH = (
    "This release runs on DSH, which overwrites its own configuration: only the command leads it "
    "to the proxy."
)
EITHER = (
    "Its release is not known, and it has run on DSH here, which overwrites its own configuration: "
    "only the command is sure to lead it to the proxy."
)
NOT_RUNNING = "No run of pawwork-proxy listens there now. Start one before the client:"
IGNORES_PROXY = (
    "OpenCode 2 is reported to ignore a proxy in its environment; its configuration leads it to us."
)


def connected_lines(result: dict[str, Any], *, dry_run: bool) -> Iterator[str]:
    """What was done, or would be, and how the client is started."""
    built_on = result["built_on"]
    yield f"{result['name']} ({result['client']}) -> {result['listener']}"
    if not result["listens"]:
        yield NOT_RUNNING
        yield f"pawwork-proxy run --install main@{result['listener'].rpartition(':')[2]}"
    if start := result.get("start"):
        yield ""
        yield f"Start it so ({start['shell']}), after you have quit it if it runs:"
        yield ""
        yield start["command"]
        if not start["found"]:
            yield ""
            yield "Its program was not found: correct the last line, if it lies elsewhere."
    yield ""
    if built_on != "OpenCode":
        yield from wrapped(DSH if built_on == "DSH" else EITHER)
        return
    if not start:
        yield from wrapped(IGNORES_PROXY)
    if dry_run:
        yield "This would be changed:" if result["changed"] else "Nothing would be changed."
        yield from map(printable, result["diff"])
    else:
        state = "leads to the proxy now" if result["changed"] else "leads to the proxy already"
        yield f"Its configuration {state}, however it is started:"
        yield printable(result["file"])
        yield from (f"  {name} = {value}" for name, value in result["settings"].items())
    for source in result["overruled_by"]:
        yield from wrapped(f"warning: {printable(source)} names another address, and overrules it")
    if not dry_run:
        yield "Restart the client to have it read that."
        yield "Take it back: pawwork-proxy connect --undo"


def undone_lines(result: dict[str, Any], *, dry_run: bool) -> Iterator[str]:
    """What was taken back, or would be, and what was not."""
    if not result["undone"]:
        yield "Nothing of ours is in a client's configuration."
    for one in result["undone"]:
        file = printable(one["file"])
        if one["gone"]:
            yield f"{one['client']}: the file is gone: {file}"
        elif dry_run:
            yield f"{one['client']}: this would be changed:"
            yield from map(printable, one["diff"])
        else:
            done = "removed, since we had made it" if one["removed"] else "as it was before us"
            yield f"{one['client']}: {done}: {file}"
        for name in one["kept"]:
            yield f"  {name} stays: somebody has changed it since"

"""`identity`: every field that may identify somebody, over one or many captures."""

from typing import Any

import click

from pawwork_proxy.cli import options


@click.command(epilog=options.after_help("identity captures/*.jsonl", options.READING))
@options.captures()
@options.installs
@options.formats("table", "json", words="json prints the whole inventory as one object.")
def identity(**given: Any) -> None:
    """Show what requests carry that may identify an install, a device, a person, a conversation.

    For each field: in how many requests it was sent, in which shape, within what its value never
    changed (the same on every install, per network, device, install, conversation, user action or
    request), and what the server is known to do with it. All but the last is told from the
    records. CAPTURES are capture files, folders, patterns and support bundles.
    """
    options.call("identity.identity", given)

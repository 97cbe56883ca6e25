"""`schema`: the JSON Schema of a capture line."""

import json

import click

from pawwork_proxy.cli import options


@click.command(epilog=options.after_help("schema > capture.schema.json"))
def schema() -> None:
    """Print the JSON Schema (draft 2020-12) that every line of a capture satisfies."""
    from pawwork_proxy.model.capture import LINE, SCHEMA_VERSION

    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"A line of a pawwork-proxy capture, schema version {SCHEMA_VERSION}",
        **LINE.json_schema(mode="serialization"),
    }
    click.echo(json.dumps(document, indent=2))

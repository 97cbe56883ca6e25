"""A client's stderr passes as it came; of its error lines the kind is told, and nothing else."""

import os
from pathlib import Path

import pytest

from pawwork_proxy.clients import own_errors
from pawwork_proxy.clients.own_errors import LONGEST_LINE, error_kind, errors_passed_on
from pawwork_proxy.model.outcome import Kind

REFUSED = (
    b'ERROR service=llm error={"error":{"statusCode":429,"responseBody":'
    b'"{\\"type\\":\\"error\\",\\"error\\":{\\"type\\":\\"FreeUsageLimitError\\"}}"}} failed'
)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (REFUSED, Kind.FREE_USAGE_LIMIT),
        (b"Error: No provider available", Kind.PROVIDER_OVERLOAD),
        (b'level=ERROR error.error="Inference service unavailable"', Kind.PROVIDER_OVERLOAD),
        (b'level=ERROR error.error="something else"', None),
        (b"the model says: rate limit exceeded", None),
        (b"Error: \xff\xfe", None),
        (b"", None),
    ],
)
def test_error_lines_alone_are_read(line: bytes, kind: Kind | None) -> None:
    assert error_kind(line) == kind


async def passed(folder: Path, *pieces: bytes) -> tuple[bytes, list[Kind]]:
    told: list[Kind] = []
    out = folder / "stderr"
    with out.open("wb") as target:
        async with errors_passed_on(told.append, target.fileno()) as stderr:
            for piece in pieces:
                os.write(stderr, piece)
    return out.read_bytes(), told


async def test_bytes_pass_as_they_came(tmp_path: Path) -> None:
    pieces = (b"no line end", b"\r\n\x1b[31m", bytes(range(256)) * 100, REFUSED[:40], REFUSED[40:])
    out, told = await passed(tmp_path, *pieces)
    assert out == b"".join(pieces)
    assert told == [Kind.FREE_USAGE_LIMIT]


async def test_a_line_without_end_is_bounded(tmp_path: Path) -> None:
    piece = b"x" * LONGEST_LINE
    out, told = await passed(tmp_path, piece, piece, piece, b"\n" + REFUSED + b"\n", REFUSED)
    assert len(out) == 3 * LONGEST_LINE + 2 * len(REFUSED) + 2
    assert told == [Kind.FREE_USAGE_LIMIT] * 2


async def test_whatever_fails_the_client_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: bytes) -> None:
        raise RuntimeError

    monkeypatch.setattr(own_errors, "error_kind", fail)
    assert await passed(tmp_path, REFUSED, b"\nmore\n") == (REFUSED + b"\nmore\n", [])


async def test_nobody_who_reads_is_no_reason_to_stop(tmp_path: Path) -> None:
    told: list[Kind] = []
    source, target = os.pipe()
    os.close(source)
    async with errors_passed_on(told.append, target) as stderr:
        os.write(stderr, REFUSED + b"\n")
    os.close(target)
    assert told == [Kind.FREE_USAGE_LIMIT]

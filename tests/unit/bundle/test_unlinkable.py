"""Throw-away pseudonyms: equality survives within a bundle, and nothing beyond it."""

import re
from pathlib import Path

from pawwork_proxy.bundle.assembly import Assembled, assemble
from pawwork_proxy.bundle.selection import Choice, choose
from pawwork_proxy.bundle.unlinkable import ThrowAwayKey
from pawwork_proxy.captures.sources import capture_sources
from pawwork_proxy.model.request import HeaderNote
from pawwork_proxy.model.response import ResponseFacts
from pawwork_proxy.redaction.pseudonyms import PSEUDONYM
from pawwork_proxy.verification.verify import verify
from tests.unit.builders import exchange
from tests.unit.bundle.files import CREATED, PLATFORM, assembled, capture, saying


def unlinkable(path: Path) -> Assembled:
    key = ThrowAwayKey()
    parts = choose(capture_sources([path]), Choice(), key)
    return assemble(parts, PLATFORM, CREATED, unlinkable=key)


def pseudonyms(made: Assembled) -> list[str]:
    return [
        match.group()
        for member in made.members
        for piece in member.pieces
        for match in PSEUDONYM.finditer(piece.decode())
    ]


def test_every_pseudonym_is_new_and_equal_ones_stay_equal(tmp_path: Path) -> None:
    model = "model:" + "1f" * 12
    path = capture(tmp_path, exchange(1), saying(model, 2), saying(model, 3))
    plain, first, second = assembled([path]), unlinkable(path), unlinkable(path)
    before, after, again = map(pseudonyms, (plain, first, second))
    assert len(before) == len(after)
    assert not set(before) & set(after)
    assert not set(after) & set(again)
    pairs = set(zip(before, after, strict=True))
    assert len(pairs) == len(set(before)) == len(set(after))
    assert all(old.split(":")[0] == new.split(":")[0] for old, new in pairs)
    assert first.manifest.unlinkable
    assert not plain.manifest.unlinkable


def test_the_captures_own_id_is_new(tmp_path: Path) -> None:
    path = capture(tmp_path, capture_id="00aabbccddeeff11")
    whole = b"".join(piece for member in unlinkable(path).members for piece in member.pieces)
    assert b"00aabbccddeeff11" not in whole
    assert re.search(rb'"capture_id":"[0-9a-f]{16}"', whole)


def test_the_edges_name_of_the_exchange_is_left_out(tmp_path: Path) -> None:
    ray = "8f1e2d3c4b5a6978-FRA"
    answer = ResponseFacts(
        status=429,
        http_version="HTTP/1.1",
        headers=(HeaderNote(name="cf-ray", value=ray, rule="shape:cf_ray"),),
        cf_ray=ray,
        colo="FRA",
    )
    path = capture(tmp_path, exchange(1, response=answer))
    whole, plain = (
        b"".join(piece for member in made.members for piece in member.pieces)
        for made in (unlinkable(path), assembled([path]))
    )
    assert ray[:16].encode() in plain
    assert ray[:16].encode() not in whole
    assert b'"colo":"FRA"' in whole


def test_it_verifies(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(unlinkable(capture(tmp_path)).data)
    assert verify(path).ok

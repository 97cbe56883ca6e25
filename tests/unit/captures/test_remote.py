"""What is at an address is read like what is on disk, or it is said why not."""

import gzip
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.request import Request, urlopen

import pytest

from pawwork_proxy.captures import remote
from pawwork_proxy.captures.sources import capture_sources
from pawwork_proxy.errors import BundleError, CaptureFormatError, ConfigurationError
from pawwork_proxy.model.comparison_input import ComparisonInput
from pawwork_proxy.simulator.tls import own_certificate
from tests.unit.bundle.files import assembled
from tests.unit.bundle.files import capture as capture_of_bundle
from tests.unit.captures.studies import gather, one, write
from tests.unit.captures.test_data_sets import same, stored

Upload = Callable[[str, bytes], None]


def at(address: str) -> ComparisonInput:
    """What is read at an address, written as a user writes it."""
    return gather([Path(address)])


def names(address: str) -> list[str]:
    return [source.path.as_posix() for source in capture_sources([Path(address)])]


@pytest.fixture(scope="module")
def object_storage() -> Iterator[str]:
    """The address of a server of object storage on loopback."""
    server = pytest.importorskip("moto.server").ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    pytest.importorskip("obstore")
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def upload(object_storage: str, monkeypatch: pytest.MonkeyPatch) -> Upload:
    """Puts an object into the bucket `volunteers`, which is empty, and is named in no variable."""
    import obstore
    from obstore.store import S3Store

    for name, value in {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": object_storage,
        "NO_PROXY": "127.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)
    for method, path in (("POST", "moto-api/reset"), ("PUT", "volunteers")):
        urlopen(Request(f"{object_storage}/{path}", method=method)).close()
    store = S3Store("volunteers", client_options={"allow_http": True})
    return lambda key, data: obstore.put(store, key, data) and None


pytestmark = [pytest.mark.slow, pytest.mark.python]
"""The server of object storage takes seconds to load; the library that asks it is compiled."""


def test_captures_in_object_storage(tmp_path: Path, upload: Upload) -> None:
    plain = write(tmp_path / "a.jsonl", [one(1, 1), one(2, 1, refused=True)])
    upload("x/a.jsonl", plain.read_bytes())
    upload("x/y/b.jsonl.gz", gzip.compress(write(tmp_path / "b.jsonl", [one(1, 1)]).read_bytes()))
    upload("x-notes/c.jsonl", b"")
    upload("x/notes.txt", b"")
    assert at("s3://volunteers/x/a.jsonl") == gather([plain])
    both = ["s3:/volunteers/x/a.jsonl", "s3:/volunteers/x/y/b.jsonl.gz"]
    for address in ("x", "x/", "x/**/*.jsonl*", "**/[ab].*", "x/**/?.jsonl*"):
        assert names(f"s3://volunteers/{address}") == both, address
    assert names("s3://volunteers/x/*.jsonl") == both[:1]
    assert names("s3://volunteers/x/*/*") == both[1:]
    assert len(names("s3://volunteers/**")) == 4
    assert len(names("s3://volunteers")) == 3
    found = at("s3://volunteers/x/**")
    assert [summary.name for summary in found.captures] == ["a.jsonl", "b.jsonl.gz"]
    assert found.remarks[0].startswith("notes.txt: left out, it is no capture")


def test_bundles_are_verified_one_by_one(tmp_path: Path, upload: Upload) -> None:
    good = assembled([capture_of_bundle(tmp_path)]).data
    place = good.index(b"README.txt") + 40
    bad = good[:place] + bytes([good[place] ^ 0xFF]) + good[place + 1 :]
    upload("pawwork-support-good.zip", good)
    upload("pawwork-support-bad.zip", bad)
    upload("other.zip", good)
    upload("sealed.zip", b"age-encryption.org/v1\n")
    found = at("s3://volunteers/")
    assert [summary.name for summary in found.captures] == ["pawwork-support-good.zip"]
    assert [remark for remark in found.remarks if ".zip" in remark] == [
        "other.zip: left out, it is not named as a support bundle (pawwork-support-….zip).",
        "pawwork-support-bad.zip: left out, it is refused: damaged_archive (archive).",
        "sealed.zip: left out, it is not named as a support bundle (pawwork-support-….zip).",
    ]
    with pytest.raises(BundleError, match=r"pawwork-support-bad.zip is refused"):
        at("s3://volunteers/pawwork-support-bad.zip")
    with pytest.raises(BundleError, match=r"s3:/volunteers/sealed.zip is sealed"):
        at("s3://volunteers/sealed.zip")
    other = at("s3://volunteers/other.zip")
    assert other.observations == found.observations
    assert [summary.name for summary in other.captures] == ["other.zip"]


def test_data_sets_in_object_storage(tmp_path: Path, upload: Upload) -> None:
    plain = gather([write(tmp_path / "a.jsonl", [one(1, 1), one(2, 1, refused=True)])])
    folder = stored(tmp_path / "set", plain)
    for path in folder.rglob("*.parquet"):
        upload(f"lake/{path.relative_to(folder).as_posix()}", path.read_bytes())
    assert same(at("s3://volunteers/lake/"), plain)
    assert same(at("s3://volunteers/lake/**/*.parquet"), plain)


def test_what_cannot_be_read_in_object_storage_is_named(
    upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload("x.jsonl", b"hello\n")
    with pytest.raises(CaptureFormatError, match=r"^s3:/volunteers/x.jsonl is no capture"):
        at("s3://volunteers/x.jsonl")
    with pytest.raises(CaptureFormatError, match=r"^cannot fetch .*none.jsonl: there is nothing$"):
        at("s3://volunteers/none.jsonl")
    for nowhere in ("s3://volunteers/none/", "s3://volunteers/*.zip"):
        with pytest.raises(CaptureFormatError, match="there is no capture"):
            at(nowhere)
    with pytest.raises(CaptureFormatError, match=r"^cannot fetch s3://nobodys: "):
        at("s3://nobodys")
    monkeypatch.setattr(remote, "MOST_BYTES", 5)
    with pytest.raises(CaptureFormatError, match=r"x.jsonl is larger than"):
        at("s3://volunteers/x.jsonl")


def test_who_has_no_key_asks_as_anybody(
    tmp_path: Path, upload: Upload, object_storage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload("a.jsonl", write(tmp_path / "a.jsonl", [one(1, 1)]).read_bytes())
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(CaptureFormatError, match="access is denied"):
        at("s3://volunteers/a.jsonl")
    data = (tmp_path / "a.jsonl").read_bytes()
    public = {"x-amz-acl": "public-read", "content-type": "application/octet-stream"}
    address = f"{object_storage}/volunteers/b.jsonl"
    urlopen(Request(address, data, public, method="PUT")).close()
    assert len(at("s3://volunteers/b.jsonl").captures) == 1


def test_object_storage_elsewhere_is_asked_over_tls_only(
    upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://storage.invalid")
    with pytest.raises(CaptureFormatError, match="the server cannot be reached"):
        at("s3://volunteers/a.jsonl")


def test_without_the_extra_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "obstore.store", None)
    with pytest.raises(ConfigurationError, match="obstore, which is not installed") as caught:
        at("s3://volunteers/a.jsonl")
    assert "pawwork-proxy[lake]" in caught.value.hint


@contextmanager
def web_server(folder: Path, answers: dict[str, bytes]) -> Iterator[tuple[str, Path]]:
    """The address of a server with TLS on loopback, and the certificate to trust."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            data = answers.get(self.path)
            if data is None:
                self.send_response(302 if self.path == "/moved.jsonl" else 404)
                self.send_header("Location", "/a.jsonl")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(200)
            more = 9 if self.path == "/cut.jsonl" else 0
            self.send_header("Content-Length", str(len(data) + more))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    context, trusted = own_certificate(folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"https://127.0.0.1:{server.server_address[1]}", trusted
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A web server that this machine trusts, with a capture, a bundle, and half a capture."""
    plain = write(tmp_path / "a.jsonl", [one(1, 1)]).read_bytes()
    answers = {
        "/a.jsonl": plain,
        "/cut.jsonl": plain,
        "/b.jsonl.gz?signature=secret": gzip.compress(plain),
        "/x.zip": assembled([capture_of_bundle(tmp_path)]).data,
        "/no.jsonl?signature=secret": b"",
    }
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with web_server(tmp_path, answers) as (address, trusted):
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        yield address


def test_captures_and_bundles_of_a_web_server(tmp_path: Path, web: str) -> None:
    plain = gather([tmp_path / "a.jsonl"])
    assert at(f"{web}/a.jsonl") == plain
    assert at(f"{web}/b.jsonl.gz?signature=secret").observations == plain.observations
    assert [summary.name for summary in at(f"{web}/x.zip").captures] == ["x.zip"]


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("none.jsonl", "the server answered 404$"),
        ("moved.jsonl", "the server answered 302$"),
        ("cut.jsonl", "it was cut off$"),
        ("no.jsonl?signature=secret", "is no capture: an empty file"),
    ],
)
def test_what_a_web_server_does_not_give_is_named(web: str, path: str, why: str) -> None:
    with pytest.raises(CaptureFormatError, match=why) as caught:
        at(f"{web}/{path}")
    assert "secret" not in caught.value.message


def test_a_server_that_nobody_vouches_for_is_not_read(
    tmp_path: Path, web: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(CaptureFormatError, match="nobody whom this machine trusts"):
        at(f"{web}/a.jsonl")


def test_nothing_is_fetched_without_tls() -> None:
    with pytest.raises(CaptureFormatError, match=r"^http://127.0.0.1:1/a.jsonl is fetched"):
        at("http://127.0.0.1:1/a.jsonl?signature=secret")


def test_a_fault_of_our_own_is_not_taken_for_the_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    class OursError(Exception):
        pass

    def fails(_: str) -> Iterator[bytes]:
        raise OursError

    monkeypatch.setattr(remote, "_downloaded", fails)
    with pytest.raises(OursError):
        at("https://127.0.0.1:1/a.jsonl")

"""Databases of running clients: read with what is in their log, never locked, never touched."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawwork_proxy.clients import client_database
from pawwork_proxy.clients.client_database import rows_of, stamp_of, with_log

ALL = "SELECT name, value FROM kept ORDER BY name"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A client's own connection, with a log beside the database as OpenCode has it."""
    with closing(sqlite3.connect(tmp_path / "x.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA wal_autocheckpoint=0")
        connection.execute("CREATE TABLE kept (name TEXT PRIMARY KEY, value TEXT)")
        yield connection


def test_what_is_in_the_log_alone_is_read(client: sqlite3.Connection, tmp_path: Path) -> None:
    client.execute("INSERT INTO kept VALUES ('a', 'b')")
    assert rows_of(tmp_path / "x.db", ALL) == [("a", "b")]
    assert rows_of(tmp_path / "x.db", "SELECT value FROM kept WHERE name = ?", ("a",)) == [("b",)]


def test_nothing_beside_the_database_is_touched(client: sqlite3.Connection, tmp_path: Path) -> None:
    client.execute("INSERT INTO kept VALUES ('a', 'b')")
    client.execute("BEGIN EXCLUSIVE")
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    content = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert rows_of(tmp_path / "x.db", ALL) == [("a", "b")], "a client's lock is not waited for"
    assert before == {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert content == {path.name: path.read_bytes() for path in tmp_path.iterdir()}


def test_a_database_without_a_log_is_read_where_nothing_can_be_written(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection, connection:
        connection.execute("CREATE TABLE kept (name TEXT, value TEXT)")
        connection.execute("INSERT INTO kept VALUES ('a', 'b')")
    (tmp_path / "x.db").chmod(0o400)
    tmp_path.chmod(0o500)
    try:
        assert rows_of(tmp_path / "x.db", ALL) == [("a", "b")]
        assert sorted(path.name for path in tmp_path.iterdir()) == ["x.db"]
    finally:
        tmp_path.chmod(0o700)


def test_one_too_large_for_memory_is_read_without_its_log(
    client: sqlite3.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.execute("INSERT INTO kept VALUES ('a', 'b')")
    client.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    client.execute("INSERT INTO kept VALUES ('c', 'd')")
    monkeypatch.setattr(client_database, "LARGEST_IN_MEMORY", 1)
    assert rows_of(tmp_path / "x.db", ALL) == [("a", "b")]


def test_none_and_other_tables_are_no_trouble(client: sqlite3.Connection, tmp_path: Path) -> None:
    assert rows_of(tmp_path / "none.db", ALL) == []
    assert rows_of(tmp_path / "x.db", "SELECT 1 FROM credential") == []
    assert rows_of(tmp_path / "x.db", "SELECT other FROM kept") == []


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"SQLite format 3\0" * 300])
def test_what_is_none_is_said(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(content)
    with pytest.raises(ValueError, match="Error"):
        rows_of(tmp_path / "x.db", ALL)


def test_a_log_that_is_none_is_said(client: sqlite3.Connection, tmp_path: Path) -> None:
    (tmp_path / "x.db-wal").write_bytes(b"no log" * 100)
    with pytest.raises(ValueError, match="no write-ahead log"):
        rows_of(tmp_path / "x.db", ALL)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.db")
    with pytest.raises(ValueError, match="no regular file"):
        rows_of(tmp_path / "x.db", ALL)


def test_a_query_that_never_ends_is_ended(client: sqlite3.Connection, tmp_path: Path) -> None:
    client.execute(
        "CREATE VIEW credential AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n)"
        " SELECT i FROM n"
    )
    with pytest.raises(ValueError, match="OperationalError"):
        rows_of(tmp_path / "x.db", "SELECT count(*) FROM credential")


def test_a_change_in_the_log_alone_changes_the_stamp(
    client: sqlite3.Connection, tmp_path: Path
) -> None:
    before = stamp_of(tmp_path / "x.db")
    client.execute("INSERT INTO kept VALUES ('a', 'b')")
    assert stamp_of(tmp_path / "x.db") != before
    assert stamp_of(tmp_path / "none.db") is None


CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, 9), st.text("xy", max_size=4000)),
        st.tuples(st.just("take"), st.integers(0, 9), st.just("")),
        st.tuples(
            st.sampled_from(["BEGIN", "COMMIT", "ROLLBACK", "VACUUM"]), st.just(0), st.just("")
        ),
        st.tuples(
            st.sampled_from(["PRAGMA wal_checkpoint", "PRAGMA wal_checkpoint(RESTART)"]),
            st.just(0),
            st.just(""),
        ),
    ),
    max_size=25,
)


@pytest.mark.slow
@pytest.mark.python
@given(changes=CHANGES, page_size=st.sampled_from([512, 4096, 65536]))
def test_after_any_changes_we_read_what_sqlite_reads(
    changes: list[tuple[str, int, str]], page_size: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("database") / "x.db"
    with (
        closing(sqlite3.connect(path, isolation_level=None)) as client,
        closing(sqlite3.connect(path, isolation_level=None)) as other,
    ):
        client.execute(f"PRAGMA page_size={page_size}")
        client.execute("PRAGMA journal_mode=WAL")
        client.execute("PRAGMA wal_autocheckpoint=0")
        client.execute("CREATE TABLE kept (name TEXT PRIMARY KEY, value TEXT)")
        for what, name, value in changes:
            begun = client.in_transaction
            if what == "put":
                client.execute("REPLACE INTO kept VALUES (?, ?)", (str(name), value))
            elif what == "take":
                client.execute("DELETE FROM kept WHERE name = ?", (str(name),))
            elif (what in ("COMMIT", "ROLLBACK")) == begun:
                client.execute(what).fetchall()
            assert rows_of(path, ALL) == other.execute(ALL).fetchall()


@given(st.binary(max_size=400), st.binary(max_size=700))
def test_no_bytes_make_it_fail_otherwise(database: bytes, log: bytes) -> None:
    with suppress(ValueError):
        with_log(database, log)

"""What stays whole when lines are broken."""

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from pawwork_proxy.report.wrapping import WIDTH, wrapped

SIGNS = st.sampled_from("ab免额度，。（）“”、c9:/")


def test_a_path_and_a_range_of_releases_stay_whole() -> None:
    path = f"/home/somebody/{'folder/' * 12}pawwork.json"
    assert path in wrapped(f"PawWork 2026.6.4 is told port 9610 by {path}, and nobody listens.")[1]
    text = "x" * 65 + " PawWork 2026.6.4-2026.8.5 retries"
    assert wrapped(text, rest="  ")[1] == "  2026.6.4-2026.8.5 retries"


def test_a_command_stays_whole() -> None:
    words = "Name it with user and password:"
    command = "pawwork-proxy run --via http://USER:PASSWORD@HOST:PORT"
    assert wrapped(f"{words} {command}", "   -> ", "      ") == [
        f"   -> {words}",
        f"      {command}",
    ]
    quoted = "'pawwork-proxy run --install main@9610'"
    lines = wrapped(f"The proxy's own users start it on that port of theirs by {quoted} again.")
    assert any(quoted in line for line in lines)


@given(st.text(st.sampled_from("ab '-:"), max_size=300))
def test_every_word_is_kept_and_wide_lines_hold_what_must_stay_whole(text: str) -> None:
    lines = wrapped(text, "* ", "  ")
    assert " ".join(lines).split()[1:] == text.split() or not text.split()
    assert all(len(line) <= WIDTH or "'" in line or " " not in line[2:] for line in lines)


@given(
    st.lists(st.text(SIGNS, max_size=20)).map(" ".join), st.sampled_from(["", "  ", "  原因   "])
)
def test_no_line_is_wider_and_no_sign_is_lost(words: str, lead: str) -> None:
    lines = wrapped(words, lead, "    ")
    assert not words.strip() or "".join("".join(lines).split()) == "".join((lead + words).split())
    assert all(cell_len(line) <= WIDTH for line in lines)


def test_wide_signs_break_where_chinese_does() -> None:
    lines = wrapped("免费额度，" * 20, rest="    ")
    assert len(lines) == 3
    assert not any(line.strip().startswith("，") for line in lines)
    assert all(cell_len(line) > 70 for line in lines[:-1])


def test_words_stay_whole_and_what_follows_hangs() -> None:
    first, second = wrapped("word " * 20, "  head: ", "        ")
    assert first.startswith("  head: word")
    assert second == "        " + " ".join(["word"] * 6)

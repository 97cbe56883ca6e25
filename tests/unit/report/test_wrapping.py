"""What stays whole when lines are broken."""

from hypothesis import given
from hypothesis import strategies as st

from pawwork_proxy.report.wrapping import WIDTH, wrapped


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

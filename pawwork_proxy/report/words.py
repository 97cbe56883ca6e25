"""Words that all outputs share: foreign text, numbers with their noun, durations.

Invariant: nothing is imported here, since `--help` and the recorder's lines need it as well.
"""


def printable(text: str) -> str:
    """`text` without control and formatting characters, which a terminal would obey."""
    if text.isprintable():
        return text
    return "".join(sign for sign in text if sign.isprintable() or sign in "\n\t")


def shell_word(path: str) -> str:
    """A path as one word of a command, in quotation marks where it has to be."""
    return f'"{path}"' if " " in path else path


def counted(number: int, noun: str) -> str:
    """`1 window`, `2 windows`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def duration(seconds: float) -> str:
    """How long to wait, as all outputs for people have it: `2d05h00m00s`, `46m26s`, `0.5s`."""
    whole = round(seconds)
    if whole < 60:
        return f"{round(seconds, 1):g}s"
    days, hours = divmod(whole // 3600, 24)
    rest = f"{whole // 60 % 60:02}m{whole % 60:02}s"
    if days:
        return f"{days}d{hours:02}h{rest}"
    return f"{hours}h{rest}" if hours else rest.removeprefix("0")

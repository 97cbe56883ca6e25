"""Text for terminals: what somebody else has written must not steer them."""


def printable(text: str) -> str:
    """`text` without control and formatting characters, which a terminal would obey."""
    if text.isprintable():
        return text
    return "".join(sign for sign in text if sign.isprintable() or sign in "\n\t")

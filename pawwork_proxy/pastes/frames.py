"""Sees through what screens and messengers put around a text: colours, quotes, boxes, markup.

Invariant: what is taken away is form only; the words, their order and the width of a line stay.
"""

import html
import re

_COLOURS = re.compile(
    r"(?:\x1b|\\x1b|\\u001b|\\033|\\e|\^\[|\u241b)"
    r"(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\)|[@-Z\\^_=>])",
    re.IGNORECASE,
)
_BARE_COLOUR = re.compile(r"\[\d{1,3}(?:;\d{1,3}){0,5}m(?!\])")
"""What is left of a colour where the escape character was lost; `model[1m]` is a name."""
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff\x08]")
_QUOTED = re.compile(r"^[ \t]*(?:>[ \t]?)+(?!\S*\bHTTP/)")
_LEFT = re.compile(r"^[ \t]*[│┃║▏▌╎╏┆┇⎿└├╰╭▸▹][ \t]?")
_RIGHT = re.compile(r"[ \t]*[│┃║▐▕╎╏┆┇][ \t]*$")
_TABLE = re.compile(r"^[ \t]*\|(.*)\|[ \t]*$")
_RULE = re.compile(r"^[ \t]*[─━═┌┐└┘├┤╭╮╯╰┬┴┼╔╗╚╝+=_*~-]{3,}[ \t]*$")
_FENCE = re.compile(r"^[ \t]*(?:```|~~~)[\w-]*[ \t]*$")
_TAG = re.compile(
    r"</?(?:pre|code|span|blockquote|b|i|strong|em|tt|samp|font|li|ul|td|tr|a|p|div)(?:\s[^<>]*)?>"
    r"|<br\s*/?>",
    re.IGNORECASE,
)
_BREAK = re.compile(r"<(?:br\s*/?|/p|/div|/li|/tr)>", re.IGNORECASE)
_PAGE = re.compile(r"<!doctype|<html\b|<head\b|<title\b", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:quot|amp|lt|gt|apos|nbsp|#\d{1,5}|#x[0-9a-f]{1,4});", re.IGNORECASE)
_CUT_MARKS = (("“", '"'), ("”", '"'), ("„", '"'))


def plain(text: str) -> str:
    """The text without colours and markup; an HTML page stays one."""
    if "\x1b" in text or "[" in text:
        text = _BARE_COLOUR.sub("", _COLOURS.sub("", text))
    text = _INVISIBLE.sub("", text).replace("\N{NO-BREAK SPACE}", " ")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "<" in text and not _PAGE.search(text):
        text = _TAG.sub("", _BREAK.sub("\n", text))
    if _ENTITY.search(text):
        text = html.unescape(text)
    if '"' not in text and "{" in text:  # a messenger has made the quotes of an object round
        for mark, quote in _CUT_MARKS:
            text = text.replace(mark, quote)
    return text


def unframed(line: str) -> str:
    """A line without quote marks and the sides of a box."""
    if _FENCE.match(line) or _RULE.match(line):
        return ""
    line = _QUOTED.sub("", line)
    if (table := _TABLE.match(line)) is not None:
        return table[1]
    return _RIGHT.sub("", _LEFT.sub("", line))

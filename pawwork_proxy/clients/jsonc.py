"""Reads and edits JSON with comments in place: an edit leaves every other character as it is.

What is read is what clients read: comments, trailing commas, and of equal names the last counts.
Invariant: pure; a text that is not understood raises UnreadableError, with its line.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

_TRIVIA = re.compile(r"(?:[ \t\r\n]|//[^\r\n]*|/\*.*?\*/)*", re.DOTALL)
_COMMENT = re.compile(r"[ \t\r\n]*(?://[^\r\n]*|/\*.*?\*/)", re.DOTALL)
_ON_THE_LINE = re.compile(r"[ \t]*(?://[^\r\n]*|/\*.*?\*/)", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
_LITERAL = re.compile(r"-?\d[\d.eE+-]*|true|false|null")
_INDENT = re.compile(r"(?:^|[\r\n])([ \t]*)\Z")
_DEEPEST = 200


class UnreadableError(ValueError):
    """The text is no JSON with comments, or lacks a place for what is to be written."""

    def __init__(self, text: str, at: int, wanted: str) -> None:
        self.line = len(re.findall(r"\r\n|\r|\n", text[:at])) + 1
        super().__init__(f"line {self.line}: {wanted}")


class Node(NamedTuple):
    """A value and where it stands."""

    start: int
    end: int
    value: Any
    members: tuple["Member", ...] | None = None
    """Those of an object, in order."""

    def member(self, name: str) -> "Member | None":
        """The member that counts under a name."""
        found = [one for one in self.members or () if one.name == name]
        return found[-1] if found else None


class Member(NamedTuple):
    """One member of an object; it starts with its name."""

    name: str
    start: int
    node: Node


class Edit(NamedTuple):
    """Puts `inserted` in the place of `removed`."""

    start: int
    removed: str
    inserted: str

    def applied(self, text: str) -> str:
        """The text after the edit."""
        return text[: self.start] + self.inserted + text[self.start + len(self.removed) :]

    def reversed(self) -> "Edit":
        """The edit that takes this one back."""
        return Edit(self.start, self.inserted, self.removed)


def parsed(text: str) -> Node:
    """The text's one value; UnreadableError where there is another or none."""
    start = _trivia(text, 1 if text.startswith("\ufeff") else 0)
    root = _value(text, start, 0)
    end = _trivia(text, root.end)
    if end < len(text):
        raise UnreadableError(text, end, "nothing may follow the end")
    return root


def at(root: Node, path: Sequence[str]) -> Node | None:
    """What stands at a path of names, if anything does."""
    node: Node | None = root
    for name in path:
        found = node.member(name) if node else None
        node = found.node if found else None
    return node


def setting(text: str, path: Sequence[str], value: str, *, first: bool = False) -> list[Edit]:
    """The edits, one after the other, that make `value` stand at a path; none if it does.

    What is missing on the way is added behind the other members, or with `first` before them.
    """
    node = parsed(text)
    for depth, name in enumerate(path):
        if node.members is None:
            where = ".".join(path[:depth]) or "the whole"
            raise UnreadableError(text, node.start, f"{where} must be an object")
        found = node.member(name)
        if found is None:
            return list(_insertion(text, node, path[depth:], value, first=first))
        node = found.node
    if node.value == value:
        return []
    return [Edit(node.start, text[node.start : node.end], json.dumps(value))]


def removal(text: str, path: Sequence[str]) -> list[Edit]:
    """The edits, one after the other, that take a member away; it has to be there."""
    holder = at(parsed(text), path[:-1])
    member = holder.member(path[-1]) if holder else None
    assert holder is not None
    assert holder.members is not None
    assert member is not None
    number = holder.members.index(member)
    before = _comma(text, holder.members[number - 1].node.end) if number else None
    start = _behind_comments(text, (holder.start if before is None else before) + 1, _COMMENT)
    behind = _comma(text, member.node.end)
    if behind is not None:
        end = behind + 1
        if before is None and not re.search(r"[\r\n]", text[start : member.start]):
            start = member.start  # what follows on the line takes its place
            end += len(text[end:]) - len(text[end:].lstrip(" \t"))
        return [Edit(start, text[start:end], "")]
    edits = [Edit(start, text[start : member.node.end], "")]
    return edits if before is None else [*edits, Edit(before, ",", "")]


def _insertion(
    text: str, holder: Node, path: Sequence[str], value: str, *, first: bool
) -> Iterator[Edit]:
    members = holder.members or ()
    newline = next(iter(re.findall(r"\r\n|\r|\n", text)), "\n")
    multiline = not members or bool(re.search(r"[\r\n]", text[holder.start : holder.end]))
    outer = _indent(text, holder.start)
    inner = outer + (_unit(text))
    if members and (own := _INDENT.search(text[: members[-1].start])):
        inner = own[1]
    gap = f"{newline}{inner}" if multiline else " "
    added = _member(path, value, newline if multiline else None, inner, _unit(text))
    if not members:
        blank = not text[holder.start + 1 : holder.end - 1].strip()
        if blank:
            inside = text[holder.start + 1 : holder.end - 1]
            yield Edit(holder.start + 1, inside, f"{gap}{added}{newline}{outer}")
        else:
            yield Edit(holder.start + 1, "", f"{gap}{added}")
    elif first:
        if multiline:
            yield Edit(holder.start + 1, "", f"{gap}{added},")
        else:
            yield Edit(members[0].start, "", f"{added}, ")
    else:
        yield from _behind(text, members[-1].node.end, gap, added)


def _behind(text: str, end: int, gap: str, added: str) -> Iterator[Edit]:
    """Behind the last member, and behind the comments that stand on its line."""
    comma = _comma(text, end)
    line = end if comma is None else comma + 1
    line = _behind_comments(text, line, _ON_THE_LINE)
    if comma is None:
        if line == end:
            yield Edit(end, "", f",{gap}{added}")
        else:
            yield Edit(end, "", ",")
            yield Edit(line + 1, "", f"{gap}{added}")
    else:
        yield Edit(line, "", f"{gap}{added},")


def _member(path: Sequence[str], value: str, newline: str | None, indent: str, unit: str) -> str:
    """The text of a member, and of the objects between it and the value."""
    name, *rest = path
    if not rest:
        return f"{json.dumps(name)}: {json.dumps(value)}"
    inner = _member(rest, value, newline, indent + unit, unit)
    if newline is None:
        return f"{json.dumps(name)}: {{ {inner} }}"
    return f"{json.dumps(name)}: {{{newline}{indent}{unit}{inner}{newline}{indent}}}"


def _indent(text: str, position: int) -> str:
    """The white space at the beginning of a position's line."""
    line = re.split(r"[\r\n]", text[:position])[-1].removeprefix("\ufeff")
    return line[: len(line) - len(line.lstrip())]


def _unit(text: str) -> str:
    """One step of indentation, as the text has it."""
    found = re.search(r"[{\[]\s*[\r\n]([ \t]+)\S", text)
    return found[1] if found else "  "


def _behind_comments(text: str, position: int, comment: re.Pattern[str]) -> int:
    while found := comment.match(text, position):
        position = found.end()
    return position


def _comma(text: str, end: int) -> int | None:
    """Where the comma behind a value stands."""
    position = _trivia(text, end)
    return position if text[position : position + 1] == "," else None


def _trivia(text: str, position: int) -> int:
    found = _TRIVIA.match(text, position)
    assert found is not None
    return found.end()


def _value(text: str, start: int, depth: int) -> Node:
    sign = text[start : start + 1]
    if depth > _DEEPEST:
        raise UnreadableError(text, start, "too deeply nested")
    if sign == "{":
        return _object(text, start, depth)
    if sign == "[":
        return _array(text, start, depth)
    found = (_STRING if sign == '"' else _LITERAL).match(text, start)
    try:
        return Node(start, found.end(), json.loads(found[0])) if found else _missing(text, start)
    except ValueError:
        raise UnreadableError(text, start, "a value is expected here") from None


def _missing(text: str, start: int) -> Node:
    raise UnreadableError(text, start, "a value is expected here")


def _object(text: str, start: int, depth: int) -> Node:
    members: list[Member] = []
    position = _trivia(text, start + 1)
    while text[position : position + 1] != "}":
        name = _STRING.match(text, position)
        if name is None:
            raise UnreadableError(text, position, 'a name in quotes or "}" is expected here')
        colon = _trivia(text, name.end())
        if text[colon : colon + 1] != ":":
            raise UnreadableError(text, colon, '":" is expected here')
        node = _value(text, _trivia(text, colon + 1), depth + 1)
        members.append(Member(str(_value(text, position, depth).value), position, node))
        position = _next(text, node.end, "}")
    value = {member.name: member.node.value for member in members}
    return Node(start, position + 1, value, tuple(members))


def _array(text: str, start: int, depth: int) -> Node:
    items: list[Any] = []
    position = _trivia(text, start + 1)
    while text[position : position + 1] != "]":
        node = _value(text, position, depth + 1)
        items.append(node.value)
        position = _next(text, node.end, "]")
    return Node(start, position + 1, items)


def _next(text: str, end: int, closing: str) -> int:
    """Where the next part of an object or array begins, or its end stands."""
    position = _trivia(text, end)
    if text[position : position + 1] == ",":
        return _trivia(text, position + 1)
    if text[position : position + 1] != closing:
        raise UnreadableError(text, position, f'"," or "{closing}" is expected here')
    return position

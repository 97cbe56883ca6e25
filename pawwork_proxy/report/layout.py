"""How every table is laid out: as columns where they have room, as cards where they have none.

Invariant: a column that gives way to none is never left out and no cell is ever cut: it folds. What
is empty in all rows takes no room. Widths are those of a terminal, where Chinese signs take two.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from io import StringIO
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len, set_cell_size

from pawwork_proxy.report.words import printable

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType

    from pawwork_proxy.report.language import Language

GAP = 2
ROWS_AT_ONCE = 200
"""So many rows are drawn at a time: a long table begins to show at once."""
EMPTY = ("", "-")


class Column(NamedTuple):
    """The head of a column, and what happens to it where room is short."""

    head: str
    gives_way: int = 0
    """Of the columns that are too many the one with the highest number goes first; 0 stays."""
    folds: int | None = None
    """None: never; 0: between words; else anywhere, to no less than so many columns."""
    right: bool = False


def headed(columns: Sequence[Column], language: Language) -> list[Column]:
    """Columns with their heads in a language."""
    return [column._replace(head=language.text(column.head)) for column in columns]


@dataclass(frozen=True)
class Sheet:
    """A table: what stands in it, and for each row the style of the column that has one."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    title: str = ""
    styled: str = ""
    """The head of the column that `styles` are for."""
    styles: Sequence[str] = ()

    def lines(self) -> Iterator[str]:
        """For a pipe: all that is not empty, aligned, however wide."""
        if self.title:
            yield printable(self.title)
        shown = self._filled
        for cells in ([column.head for column in self.columns], *self._printable):
            yield aligned([cells[at] for at in shown], [self._natural[at] for at in shown], [
                self.columns[at].right for at in shown
            ])  # fmt: skip

    def text(self, width: int) -> list[str]:
        """The same that a terminal of this width shows, without colours."""
        from rich.console import Console  # noqa: PLC0415  a pipe needs none of it

        console = Console(
            width=width,
            file=StringIO(),
            color_system=None,
            legacy_windows=False,
            force_jupyter=False,
        )
        with console.capture() as shown:
            console.print(self)
        return [line.rstrip() for line in shown.get().splitlines()]

    def parts(self, width: int) -> Iterator[RenderableType]:
        """What a terminal of this width shows, piece by piece."""
        from rich.text import Text  # noqa: PLC0415  a pipe needs none of it

        if self.title:
            yield Text(printable(self.title), style="italic")
        widths = self.widths(width)
        for first in range(0, max(len(self.rows), 1), ROWS_AT_ONCE):
            some = range(first, min(first + ROWS_AT_ONCE, len(self.rows)))
            yield self._table(widths, some) if widths else self._cards(some)

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        """Let rich print it at whatever width there is."""
        yield from self.parts(options.max_width)

    def widths(self, width: int) -> dict[int, int]:
        """The columns that fit, and how wide each is; none where cards are needed."""
        shown = self._filled
        least = {at: self._least(at) for at in shown}
        leaving = sorted(
            (at for at in shown if self.columns[at].gives_way),
            key=lambda at: self.columns[at].gives_way,
        )
        while sum(least.values()) + GAP * (len(least) - 1) > width:
            if not leaving:
                return {}
            del least[leaving.pop()]
        room = width - sum(least.values()) - GAP * (len(least) - 1)
        for at in sorted(least, key=lambda at: self._natural[at] - least[at]):
            more = min(room, self._natural[at] - least[at])
            least[at] += more
            room -= more
        return least

    @cached_property
    def _printable(self) -> list[list[str]]:
        return [[printable(cell) for cell in row] for row in self.rows]

    @cached_property
    def _filled(self) -> list[int]:
        """The places of columns that have something in them."""
        return [
            at
            for at in range(len(self.columns))
            if not self.rows or any(row[at] not in EMPTY for row in self.rows)
        ]

    @cached_property
    def _natural(self) -> list[int]:
        heads = [column.head for column in self.columns]
        return [max(map(cell_len, column)) for column in zip(heads, *self._printable, strict=True)]

    def _least(self, at: int) -> int:
        column = self.columns[at]
        if column.folds is None:
            return self._natural[at]
        if column.folds:
            return min(self._natural[at], max(column.folds, cell_len(column.head)))
        cells = [column.head, *(row[at] for row in self._printable)]
        return max((cell_len(word) for cell in cells for word in cell.split()), default=0)

    def _table(self, widths: dict[int, int], some: range) -> RenderableType:
        from rich.table import Table  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        table = Table(
            header_style="bold",
            pad_edge=False,
            box=None,
            padding=(0, GAP, 0, 0),
            show_header=some.start == 0,
        )
        for at, width in widths.items():
            column = self.columns[at]
            table.add_column(
                column.head,
                justify="right" if column.right else "left",
                width=width,
                overflow="fold",
            )
        for row in some:
            cells = self._printable[row]
            table.add_row(*(Text(cells[at], style=self._style(at, row)) for at in widths))
        return table

    def _cards(self, some: range) -> RenderableType:
        from rich.console import Group  # noqa: PLC0415
        from rich.table import Table  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        cards: list[RenderableType] = []
        for row in some:
            card = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), show_header=False)
            card.add_column(style="dim", no_wrap=True)
            card.add_column(overflow="fold")
            for at in self._filled:
                if self.rows[row][at] not in EMPTY:
                    text = Text(self._printable[row][at], style=self._style(at, row))
                    card.add_row(self.columns[at].head, text)
            cards += [Text(""), card] if row else [card]
        return Group(*cards)

    def _style(self, at: int, row: int) -> str:
        return self.styles[row] if self.columns[at].head == self.styled else ""


def aligned(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    """A line of cells, each as wide as is said; nothing stands behind the last."""
    filled = [
        " " * (width - width_of(cell)) + cell
        if to_right
        else cell.ljust(width)
        if cell.isascii()
        else set_cell_size(cell, width)
        for cell, width, to_right in zip(cells, widths, right, strict=True)
    ]
    return (" " * GAP).join(filled).rstrip()


def width_of(cell: str) -> int:
    """How many columns of a terminal a printable text takes."""
    return len(cell) if cell.isascii() else cell_len(cell)

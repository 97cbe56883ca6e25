"""A contrast as a story that anybody can follow: who was answered or refused, when and where.

Invariant: every sentence is read off the rows; no hash and no id stands in one.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from typing import NamedTuple

from pawwork_proxy.model.evidence import Contrast, EvidenceRow
from pawwork_proxy.model.observation import DimensionName
from pawwork_proxy.report.answer_words import joined, one
from pawwork_proxy.report.language import Language, paragraph

READABLE: tuple[DimensionName, ...] = ("client", "user_agent", "region", "family")
"""Dimensions whose values say something to people."""
NOT_TOLD = frozenset({"network", "request"})
"""The label says nothing, and a prompt differs always."""


def _moved(contrast: Contrast) -> bool:
    return not {"address", "prefix"}.isdisjoint(contrast.differs_in)


class Story(NamedTuple):
    """A contrast that a verdict rests on."""

    shows: str
    """What it shows, as a heading."""
    sentences: str
    where: str
    """Where the rows can be looked up."""
    rows: tuple[EvidenceRow, ...]


def install_names(installs: Iterable[str | None]) -> dict[str, str]:
    """What people call each install: its label, with a number where two have the same."""
    names: dict[str, str] = {}
    taken: Counter[str] = Counter()
    for install in dict.fromkeys(filter(None, installs)):
        label = install.rpartition(" ")[0] or install
        taken[label] += 1
        names[install] = label if taken[label] == 1 else f"{label} ({taken[label]})"
    return names


class Teller:
    """Tells the rows of one comparison: installs by their labels, captures by their files."""

    def __init__(
        self,
        rows: Iterable[EvidenceRow],
        language: Language,
        files: Mapping[str, str],
        *,
        several_windows: bool = False,
    ) -> None:
        """`files`: the file's name by the id of its capture."""
        every = list(rows)
        self.language = language
        self.files = files
        days = {row.at.astimezone(UTC).date() for row in every}
        self.days = several_windows or len(days) > 1
        self._names = install_names(row.install for row in every)

    def story(
        self, shows: str, contrast: Contrast, of: DimensionName, *, again: bool = False
    ) -> Story:
        """A contrast on a dimension; `again`: the refused one was refused again afterwards."""
        rows = contrast.rows
        order = sorted(range(len(rows)), key=lambda place: rows[place].at)
        before = [None, *(rows[place] for place in order)]
        said = [
            self._sentence(contrast, of, place, earlier)
            for place, earlier in zip(order, before, strict=False)
        ]
        if contrast.shows == "opposed":
            told = self.language.text(
                "Each of two kinds of clients was answered after the other had been refused."
            )
            said.insert(0, told)
        if again and contrast.shows == "separate":
            said.append(self.language.text("Afterwards the first one was refused again."))
        differs = [
            name
            for name in contrast.differs_in
            if name not in NOT_TOLD and not (name == "prefix" and "address" in contrast.differs_in)
        ]
        if contrast.shows == "separate":
            names = joined((one(name, self.language) for name in differs), self.language)
            said.append(
                self.language.say("What differed: {names}.", names=names)
                if names
                else self.language.text("Nothing differed that is recorded.")
            )
        return Story(shows, paragraph(said), self.where(contrast.rows), contrast.rows)

    def where(self, rows: Iterable[EvidenceRow]) -> str:
        """Files, and the numbers of the rows in them as `show` prints them."""
        found: dict[str, list[str]] = {}
        for row in rows:
            found.setdefault(self.files.get(row.capture, row.capture), []).append(str(row.seq))
        return ", ".join(f"{file} #{' #'.join(numbers)}" for file, numbers in found.items())

    def _when(self, row: EvidenceRow, before: EvidenceRow | None) -> str:
        """The time of a row, with the date where it is another one."""
        at = row.at.astimezone(UTC)
        same = before is not None and before.at.astimezone(UTC).date() == at.date()
        return f"{at:%Y-%m-%d %H:%M:%S}" if self.days and not same else f"{at:%H:%M:%S}"

    def name(self, install: str | None) -> str:
        """An install as people call it."""
        return (install and self._names.get(install)) or self.language.text("somebody")

    def _sentence(
        self, contrast: Contrast, of: DimensionName, place: int, before: EvidenceRow | None
    ) -> str:
        row = contrast.rows[place]
        last = place == len(contrast.rows) - 1
        return self.language.say(
            "At {time} {who} {what}.",
            time=self._when(row, before),
            who=self._who(
                row, before, self._marks(row, contrast, of), moved=last and _moved(contrast)
            ),
            what=self._what(contrast, row, first=not place, last=last),
        )

    def _who(
        self, row: EvidenceRow, before: EvidenceRow | None, marks: Sequence[str], *, moved: bool
    ) -> str:
        who = self.name(row.install)
        if marks:
            who = self.language.say("{who} ({marks})", who=who, marks=", ".join(marks))
        same = before is not None and before.network == row.network
        if moved and same:
            return self.language.say("{who}, from another network address,", who=who)
        if row.network is None:
            return who
        if same and before is not None and before.install == row.install:
            return self.language.say("{who}, still at {network},", who=who, network=row.network)
        if same:
            return self.language.say("{who}, at {network} as well,", who=who, network=row.network)
        return self.language.say("{who} at {network}", who=who, network=row.network)

    def _marks(self, row: EvidenceRow, contrast: Contrast, of: DimensionName) -> list[str]:
        """What a row differs in from another one, beside its place."""
        rows = contrast.rows
        marks = []
        if row.model and len({other.model for other in rows}) > 1:
            marks.append(row.model)
        if row.auth_kind and len({other.auth_kind for other in rows}) > 1:
            keyless = row.auth_kind in {"none", "public"}
            text = self.language.text
            marks.append(text("without a key") if keyless else text("with a key"))
        if of in READABLE and row.value and len({other.value for other in rows}) > 1:
            marks.append(row.value)
        return marks

    def _what(self, contrast: Contrast, row: EvidenceRow, *, first: bool, last: bool) -> str:
        say = self.language
        if contrast.shows == "shared" and last:
            if not contrast.own:
                return say.text("was refused on its first request")
            return say.count(
                "was refused after {number} request of its own at most",
                "was refused after {number} requests of its own at most",
                contrast.own,
            )
        if contrast.shows == "shared" and first and contrast.elsewhere:
            return say.count(
                "was answered after {number} request",
                "was answered after {number} requests",
                contrast.elsewhere,
            )
        if row.part == "refused":
            return say.text("was refused")
        return say.text("was answered")

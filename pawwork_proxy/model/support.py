"""What support sees of captures: what one install met, with which client, on which network."""

from pawwork_proxy.model import texts
from pawwork_proxy.model.base import Noun
from pawwork_proxy.model.context import OsFamily
from pawwork_proxy.model.manifest import SupportRow


class Meeting(SupportRow):
    """A row of a bundle's summary, and what surrounded it."""

    client: str
    """The client's name and release, or range of releases, by what it said of itself."""
    os: OsFamily
    os_release: texts.Release
    network: texts.Label | None = None


class SupportView(Noun):
    """All rows of captures or bundles."""

    rows: tuple[Meeting, ...]

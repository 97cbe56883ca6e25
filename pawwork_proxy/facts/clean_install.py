"""What a clean install of a client must not have of this user, and what stays this machine's."""

from pydantic import Field

from pawwork_proxy.facts.table import Fact, rows
from pawwork_proxy.model.context import OsFamily


class Variable(Fact):
    """A variable that is taken out, or that names a folder of the clean install."""

    pattern: str = Field(alias="name")
    what: str
    folder: str = ""
    """Below the clean install; empty: the variable is taken out."""


class Beyond(Fact):
    """What no variable can keep a client from."""

    systems: tuple[OsFamily, ...]
    what: str


_VARIABLES = rows(Variable, "clean_install", "variable")
FOLDERS = {row.pattern: row.folder for row in _VARIABLES if row.folder}
"""By variable, below the clean install."""
TAKEN_OUT = tuple(row.pattern for row in _VARIABLES if not row.folder)
"""Names, or patterns of names."""
BEYOND = rows(Beyond, "clean_install", "beyond")

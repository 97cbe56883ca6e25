"""Where clients keep keys and configuration, the places that a client prefers first."""

from typing import Literal

from pawwork_proxy.facts.table import Fact, rows
from pawwork_proxy.model.context import OsFamily
from pawwork_proxy.model.texts import KeyPlace

Kept = Literal["config", "saved", "env"]
Form = Literal["auth", "config", "credentials", "variable", "config_text", "plist"]
PROJECT = "project"
"""The root that is the working folder and its parents."""


class PlaceRow(Fact):
    """Files below a root, or an environment variable."""

    id: KeyPlace
    kept: Kept
    form: Form
    root: str = ""
    files: tuple[str, ...] = ()
    variable: str = ""


class Roots(Fact):
    """Folders by name and system (`any`: on each); the first that can be filled in counts."""

    folders: dict[str, dict[OsFamily | Literal["any"], tuple[str, ...]]]


PLACES = rows(PlaceRow, "client_places", "place")
ROOTS = rows(Roots, "client_places", "roots")[0].folders
KEY_VARIABLES = tuple(row.variable for row in PLACES if row.form == "variable")

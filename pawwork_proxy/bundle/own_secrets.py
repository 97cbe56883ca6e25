"""What this machine alone knows must not leave it: keys, user name, home folder, host name.

Every distinct text of the finished bundle is searched for each of them in the usual encodings;
keys also for any twelve of their characters. Names that are ordinary words of the records
(`root`, `user`) cannot be searched for, since every bundle holds them.
Invariant: the secrets live in this module's return values only, in memory; findings name a rule.
"""

import base64
import contextlib
import getpass
import html
import re
import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from pawwork_proxy.bundle.assembly import Member
from pawwork_proxy.clients.auth_places import Place, Surroundings, keys_at, places
from pawwork_proxy.clients.auth_sources import own_surroundings
from pawwork_proxy.clients.client_files import read_regular
from pawwork_proxy.environment.private_files import private_home
from pawwork_proxy.environment.studies import KEY_BYTES
from pawwork_proxy.errors import BundleError, reason_of
from pawwork_proxy.facts.identifiers import DATABASES
from pawwork_proxy.model.manifest import README
from pawwork_proxy.redaction.credentials import spellings
from pawwork_proxy.verification.findings import Finding
from pawwork_proxy.verification.leak_rules import PLAIN_WORDS
from pawwork_proxy.verification.scan import texts_of

_NO_KEY_STARTS = ("/", "~", "{", "http://", "https://")
_NOT_SECRET = frozenset({"public", "test-key"})
_SHORTEST_KEY = 8  # shorter texts would be found by chance
_SHORTEST_NAME = 3
_SHORTEST_ENCODED = 10
"""Shorter encoded forms would be found by chance."""
_WINDOW = 12  # as many characters as for the taint gate
_SECRET_NAME = re.compile(
    r"(?i)key|token|secret|passw|pwd|credential|cookie|auth(?!or)|authoriz|access|refresh|bearer"
)
_PAIR = re.compile(
    r"""["']?([\w.-]+)["']?[ \t]*[:=][ \t]*(?=(?:\n\s+\w+:[ \t]*)?["']?([^\s"',#}]{8,}))"""
)
"""Name and value in JSON, JSON with comments, or YAML; the value may stand one level deeper."""
_SCHEMED = re.compile(r"""(?i)(?:^|[:="'])[ \t]*(?:bearer|basic|token)[ \t]+([^\s"',#}]{8,})""")
"""A credential behind the scheme of a header, under whatever name."""
_USER_VARIABLES = ("USER", "LOGNAME", "USERNAME", "SUDO_USER")
_COMMON_NAMES = frozenset({"localhost", "localdomain", "admin", "user", "root", "local", "home"})


class OwnSecret(NamedTuple):
    """A text that must not be in a bundle; `names` are searched as whole words only."""

    rule: str
    value: str
    name: bool = False


def known_here() -> list[OwnSecret]:
    """What this very machine, user and working folder know."""
    return own_secrets(replace(own_surroundings(), folder=Path.cwd()), private_home())


def tells_who(label: str) -> bool:
    """Whether a label has a name of this user or machine in it, for which a bundle is refused."""
    return any(_finder(name)(label.lower()) for name in _names(own_surroundings()))


def own_secrets(around: Surroundings, private_home: Path) -> list[OwnSecret]:
    """Everything this machine knows that a bundle must not hold.

    Raises BundleError when a place that may hold a key cannot be read: what cannot be searched
    for cannot be ruled out.
    """
    found = [OwnSecret("own_key", key) for key in _keys(around)]
    found += [OwnSecret("own_study_key", key) for key in _study_keys(private_home)]
    found += _names(around)
    return list(dict.fromkeys(found))


def search(secrets: Sequence[OwnSecret], members: Iterable[Member]) -> Finding | None:
    """The first place where one of `secrets` is, or None."""
    sought = [(secret.rule, _finder(secret)) for secret in secrets]
    for member in members:
        haystack = "\n".join({text for texts in _texts_by_line(member) for text in texts}).lower()
        for rule, finds in sought:
            if finds(haystack):
                found = (
                    number
                    for number, texts in enumerate(_texts_by_line(member), start=1)
                    if finds("\n".join(texts).lower())
                )
                return Finding(rule=rule, member=member.name, line=next(found, None))
    return None


def _texts_by_line(member: Member) -> Iterator[list[str]]:
    for piece in member.pieces:
        for line in piece.decode("utf-8", "replace").splitlines():
            yield [line] if member.name == README else texts_of(line)


def _finder(secret: OwnSecret) -> Callable[[str], bool]:
    """Whether a lower-case text holds a secret; it is looked through once for each form."""
    forms = tuple(_forms(secret))
    if not secret.name:
        return lambda text: any(form in text for form in forms)
    word = re.compile(rf"(?<![0-9a-z]){re.escape(secret.value.lower())}(?![0-9a-z])")
    return lambda text: any(form in text for form in forms) or word.search(text) is not None


def _forms(secret: OwnSecret) -> Iterator[str]:
    """The lower-case forms in which a secret might show up anywhere in a text."""
    value = secret.value
    if not secret.name:
        yield value.lower()
        for start in range(len(value) - _WINDOW + 1):
            window = value[start : start + _WINDOW]
            if not (window.islower() and window.replace("-", "").isalpha()):
                yield window.lower()
    in_base32 = base64.b32encode(value.encode("utf-8", "surrogatepass")).decode().rstrip("=")[:-1]
    for form in (*spellings(value), html.escape(value), in_base32):
        if form != value and len(form) >= _SHORTEST_ENCODED:
            yield form.lower()


def _keys(around: Surroundings) -> Iterator[str]:
    for name, value in around.environment.items():
        if _SECRET_NAME.search(name) and _is_key(value.strip()):
            yield value.strip()
        yield from filter(_is_key, _SCHEMED.findall(value))
        yield from _password_in_url(value)
        if value.lstrip().startswith("{"):
            yield from _named_values(value)
    for place in places(around):
        if place.path is not None:
            if place.form not in DATABASES:  # they hold conversations too
                text = _text(place)
                # In a client's own file of keys any value may be one, whatever its name is.
                yield from _named_values(text, any_name=place.form == "auth")
            try:
                yield from filter(_is_key, (key.text for key in keys_at(place, around)))
            except (OSError, ValueError, RecursionError) as error:
                if place.form in DATABASES:
                    raise _unreadable(place, error) from None


def _is_key(value: str) -> bool:
    if len(value) < _SHORTEST_KEY or value in _NOT_SECRET or value.startswith(_NO_KEY_STARTS):
        return False
    return len(value) >= 16 or not value.isalpha()


def _password_in_url(value: str) -> Iterator[str]:
    if "://" in value and "@" in value:
        try:
            password = urlsplit(value).password
        except ValueError:
            return
        if password and len(password) >= _SHORTEST_KEY:
            yield unquote(password)


def _named_values(text: str, *, any_name: bool = False) -> Iterator[str]:
    yield from filter(_is_key, _SCHEMED.findall(text))
    for name, value in _PAIR.findall(text):
        if _is_key(value) and (any_name or _SECRET_NAME.search(name)):
            yield value


def _text(place: Place) -> str:
    assert place.path is not None
    try:
        return read_regular(place.path).decode("utf-8", "replace")
    except (OSError, ValueError) as error:
        raise _unreadable(place, error) from None


def _unreadable(place: Place, error: Exception) -> BundleError:
    return BundleError(
        f"a place that may hold a key cannot be read ({place.id}: {reason_of(error)})",
        "make it readable for you: its keys must be searched for before a bundle is made",
    )


def _study_keys(private_home: Path) -> Iterator[str]:
    """Pseudonym keys as they travel in tokens, and in hex."""
    for path in (private_home / "key", *sorted((private_home / "studies").glob("*.key"))):
        try:
            key = path.read_bytes()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise BundleError(
                f"a pseudonym key cannot be read: {reason_of(error)}",
                "check the permissions of pawwork-proxy's private folder",
            ) from None
        if len(key) == KEY_BYTES:
            yield base64.urlsafe_b64encode(key).decode().rstrip("=")
            yield key.hex()


def _names(around: Surroundings) -> Iterator[OwnSecret]:
    home = str(around.home)
    if len(home) > _SHORTEST_NAME and around.home != Path(around.home.anchor):
        yield OwnSecret("own_home", home, name=True)
        yield OwnSecret("own_home", home.replace("\\", "/"), name=True)
    users, hosts = {around.home.name}, {socket.gethostname()}
    with contextlib.suppress(KeyError, OSError):
        users.add(getpass.getuser())
    users |= {around.environment.get(name, "") for name in _USER_VARIABLES}
    hosts |= {around.environment.get(name, "") for name in ("HOSTNAME", "COMPUTERNAME")}
    hosts |= {host.partition(".")[0] for host in hosts}
    for rule, names in (("own_user", users), ("own_host", hosts)):
        yield from (OwnSecret(rule, name, name=True) for name in sorted(filter(_tells, names)))


def _tells(name: str) -> bool:
    """Whether a name can be told from the ordinary words of a record."""
    lower = name.lower()
    return len(name) >= _SHORTEST_NAME and lower not in PLAIN_WORDS | _COMMON_NAMES

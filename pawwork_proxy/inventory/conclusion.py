"""The inventory in words: is a device or install identity sent, and in what do installs differ.

Invariant: each sentence names the fields it rests on, and says what would settle an open question.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from pawwork_proxy.model.inventory import DeviceFinding, FieldFinding, Scope

SCOPE_WORDS: Final[dict[Scope, str]] = {
    "everywhere": "the same on every install",
    "network": "per network",
    "device": "per device",
    "install": "per install",
    "conversation": "per conversation",
    "action": "per user action",
    "request": "per request",
}


def scope_words(field: FieldFinding) -> str:
    """How constant a field that was sent is, with what the records cannot tell apart."""
    if field.scope is None:
        return "not told (values are not kept)"
    if field.scope == "everywhere" and "install" in field.untested:
        return "constant (one install seen)"
    words = SCOPE_WORDS[field.scope]
    likely = [SCOPE_WORDS[one] for one in field.untested if one != "request"]
    return " or ".join([words, *likely]) if field.scope != "everywhere" else words


def conclusion_of(
    finding: DeviceFinding,
    suspects: Sequence[FieldFinding],
    fields: Sequence[FieldFinding],
    installs: Sequence[str],
) -> tuple[str, ...]:
    """The conclusion, sentence by sentence."""
    return (*_device(finding, suspects, installs), *_differences(fields, installs))


def _device(
    finding: DeviceFinding, suspects: Sequence[FieldFinding], installs: Sequence[str]
) -> Iterator[str]:
    named = ", ".join(field.name for field in suspects)
    if finding == "sent":
        yield f"A device or install identity is sent: {named}."
    elif finding == "not_sent":
        yield (
            "No device or install identity is sent: no field is named for one, and none keeps a "
            "value of its own per install."
        )
    elif not installs:
        yield "No request was recorded, so nothing can be said."
    else:
        yield "Whether a device or install identity is sent is not decided."
        if len(installs) < 2:
            yield "One install was seen: record a second one to tell its values from everybody's."
        if unkept := ", ".join(field.name for field in suspects if field.scope is None):
            yield f"Values that records do not keep: {unkept}."
        if lone := ", ".join(field.name for field in suspects if field.scope is not None):
            yield (
                f"One value in all that was seen of an install or device: {lone}. Record two "
                "conversations on each of two installs, best on two devices, to tell."
            )


def _differences(fields: Sequence[FieldFinding], installs: Sequence[str]) -> Iterator[str]:
    if len(installs) < 2:
        return
    who = f"{', '.join(installs[:-1])} and {installs[-1]}"
    listed = [field for field in fields if field.requests and field.role != "message"]
    differing = ", ".join(f"{one.name} ({scope_words(one)})" for one in listed if one.differs)
    if differing:
        yield f"The installs {who} differ only in: {differing}."
    else:
        yield f"The installs {who} differ in no field that was recorded."
    for field in listed:
        if len(field.installs) == len(installs):
            continue
        seen = "was seen in requests of" if field.unseen else "is sent by"
        if field.layer == "address":  # no part of a request: it was looked up, or it was not
            seen = "was looked up for"
        yield f"{field.name} {seen} {', '.join(field.installs)} only."

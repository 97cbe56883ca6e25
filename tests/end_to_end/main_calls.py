"""Which calls of a real client a test may count.

A client asks for the title of a conversation beside the conversation itself, and waits for neither
the request nor the answer when it ends: whether there is a title call, how often it was tried and
what it came to is chance. Only conversations have tools.
"""

from pawwork_proxy.captures.reader import Capture
from pawwork_proxy.model.exchange import Exchange


def main_calls(capture: Capture) -> list[Exchange]:
    """The exchanges in which a model was asked for more than a title."""
    return [one for one in capture.exchanges if one.request.body.tools]

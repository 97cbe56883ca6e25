"""What a range of releases is known to do after an answer, for either part of a prompt."""

from math import inf
from typing import NamedTuple

from pawwork_proxy.facts.outcomes import SDK
from pawwork_proxy.model.conduct import Part, Wait
from pawwork_proxy.model.outcome import ClientBehaviour


class Known(NamedTuple):
    """After one answer."""

    behaviour: ClientBehaviour
    named_wait_s: float | None
    """How long the answer itself says to wait."""

    def retries(self, part: Part) -> float:
        """How often a request is repeated if each answer is like this one; infinite: no limit."""
        if part == "title":
            return (self.behaviour.title_calls or 1) - 1
        return inf if self.behaviour.retries is None else self.behaviour.retries

    def requests(self, part: Part) -> float:
        """How many requests that makes in all."""
        return 1 + self.retries(part)

    def may_stop_before(self, part: Part) -> bool:
        """Whether chance decides how often it is repeated: a title call that broke off is, if
        nothing of the answer had been read."""
        return part == "title" and self.behaviour.failure_kind == "cut"

    def wait(self, part: Part, number: int) -> Wait | None:
        """The wait before a repetition, the first being 0; None where it is not known."""
        if part == "main":
            least, most = self.behaviour.delay(number + 1)
            return Wait(least_s=least, most_s=most)
        if self.named_wait_s is not None and self.named_wait_s <= SDK.longest_named_s:
            return None
        wait = SDK.first_wait_s * SDK.growth**number
        return Wait(least_s=wait, most_s=wait)

"""A simulated Zen as a state machine: calls and instants in, responses out; no sockets, no clock.

`decide` walks the server's pipeline in its order (closed address, model exists, own gates, limiter,
authentication, region, billing, gates of closed services, provider); `finish` counts, after the
response as the server does. `ask` is both.
Invariant: the same scenario, seed and calls give the same responses.
"""

import random
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pawwork_proxy.simulator.faults import FAULTS, Fault, Wait
from pawwork_proxy.simulator.gates import Gate
from pawwork_proxy.simulator.limits import (
    FreeLimiter,
    GoLimiter,
    GoUse,
    Hold,
    Pool,
    WindowedCounts,
    limit_that_lasts,
    seconds_until,
    window_of,
)
from pawwork_proxy.simulator.model_call import ModelCall, derived_workspace, quota_key
from pawwork_proxy.simulator.refusals import REFUSALS, Refusal, text_of
from pawwork_proxy.simulator.scenario import Account, ModelOffer, Scenario

KEY_RETRY_AFTER_S = 60
KEY_MODEL_CHARACTERS = 27
"""Requests are limited per key, UTC minute, and so much of the model id (source `key-limiter`)."""


@dataclass(frozen=True, slots=True)
class ToCount:
    """What is to be counted when the response is over."""

    free: Hold | None = None
    relayed: Hold | None = None
    keyed: Hold | None = None
    plan: Pool | None = None


@dataclass(frozen=True, slots=True)
class SimulatedResponse:
    """What the server sends for one model call, and why."""

    decision: str
    """`admitted`; that of a refusal (`data/refusals.toml`); or `fault`: no rule refused, but
    provider, edge or transport failed, see `fault`."""
    status: int
    """HTTP status; 0: there is none, the connection is reset."""
    sequence: int
    """Number of the model call, from 1."""
    error_type: str = ""
    message: str = ""
    retry_after: int | None = None
    provider: str = ""
    """Name of the closed service that refused; empty: the response is Zen's own."""
    metadata: tuple[tuple[str, str], ...] = ()
    """Of Go's refusals."""
    fault: Fault | None = None
    hold: Hold | None = None
    """Place in the pool that decided, or would have."""
    to_count: ToCount = ToCount()


class World:
    """The counters of one scenario; see the module."""

    def __init__(self, scenario: Scenario, seed: int = 0) -> None:
        self.scenario = scenario
        self._offers = {offer.id: offer for offer in scenario.models}
        self._accounts = {account.key: account for account in scenario.accounts}
        self._workspaces = {account.key: account.workspace for account in scenario.accounts}
        self._free = FreeLimiter(scenario.free, self._workspaces) if scenario.free else None
        self._relayed = WindowedCounts(scenario.relayed.window) if scenario.relayed else None
        self._keyed = WindowedCounts("minute")
        self._go = GoLimiter(scenario.go)
        # Chance that has nothing to do with security; only repeatability matters.
        self._chance = random.Random(seed)  # noqa: S311
        self._sequence = 0

    def ask(self, call: ModelCall, now: datetime, *, aborted: bool = False) -> SimulatedResponse:
        """Decide, respond and count one call that nothing else runs beside."""
        response = self.decide(call, now)
        self.finish(response, now, aborted=aborted)
        return response

    def decide(self, call: ModelCall, now: datetime) -> SimulatedResponse:
        """The response to a call; nothing is counted before `finish`."""
        self._sequence += 1
        number, chance = self._sequence, self._chance
        faults = (one for one in self.scenario.faults if one.strikes(call, number, chance))
        fault = next(faults, None)
        if fault is not None and (fault.stage == "edge" or fault.at_once):
            return self._on_demand(call, fault, now)
        closed = self.scenario.keyless_gate
        if closed is not None and not closed.admits(call):
            return self._turn_away(call, closed, now)
        offer = self._offers.get(call.model)
        if offer is None and self.scenario.accept_unknown_models:
            offer = ModelOffer(id=call.model, protocol=call.protocol, free=True)
        if offer is None:
            return self._refuse(call, "model_not_supported")
        if offer.protocol != call.protocol:
            return self._refuse(call, "model_format")
        if offer.state == "promotion_ended":
            return self._refuse(call, offer.state)
        if call.tier == "go":
            response = self._go_response(call, now)
        elif offer.free:
            response = self._free_response(call, offer, now)
        else:
            response = self._paid_response(call, now)
        if response.decision != "admitted":
            return response
        if offer.state == "no_provider":
            return self._refuse(call, offer.state)
        if fault is None:
            return response
        effect = FAULTS[fault.kind]
        count = response.to_count if effect.counted else ToCount()
        return replace(
            response,
            decision="fault",
            status=effect.status,
            retry_after=_seconds_of(fault.wait, now),
            fault=fault,
            to_count=count,
        )

    def finish(self, response: SimulatedResponse, now: datetime, *, aborted: bool = False) -> None:
        """Count the call once its response is over; `aborted`: the client left mid-stream.

        `now` is the end of the response: a stream over midnight counts for the day it ends in.
        """
        count = response.to_count
        rule = self.scenario.free
        counts_anyway = not aborted or (rule is not None and rule.count_aborted)
        if count.free is not None and self._free is not None and counts_anyway:
            self._free.count(count.free, now)
        if count.relayed is not None and self._relayed is not None:
            self._relayed.add(count.relayed.pool, now)
        if count.keyed is not None:
            self._keyed.add(count.keyed.pool, now)
        if count.plan is not None and not aborted:
            self._go.count(count.plan, now)

    def consume(self, call: ModelCall, amount: int, now: datetime) -> None:
        """Other people use `amount` requests of the free pool that `call` falls into."""
        offer = self._offers.get(call.model) or ModelOffer(id=call.model, free=True)
        if self._free is not None:
            self._free.consume(call, offer, amount, now)

    def go_use(
        self, call: ModelCall, now: datetime
    ) -> SimulatedResponse | tuple[Account, tuple[GoUse, ...]]:
        """Account and use of Go's limits of whoever asks for them, or the refusal of a bad key."""
        account = self._account_or_refusal(call)
        if isinstance(account, SimulatedResponse):
            return account
        return account, self._go.uses((account.workspace, account.user), now)

    def _free_response(
        self, call: ModelCall, offer: ModelOffer, now: datetime
    ) -> SimulatedResponse:
        gate = self.scenario.gate_against(call, relayed=False)
        if gate is not None:
            return self._turn_away(call, gate, now)
        hold = self._free.check(call, offer, now) if self._free is not None else None
        if hold is not None and hold.refused:
            return self._refuse(call, "free_usage_limit", retry_after=hold.retry_after, hold=hold)
        # Free models take anonymous callers; a key is still looked at when there is one.
        if call.credential is not None:
            account = self._account_or_refusal(call)
            if isinstance(account, SimulatedResponse):
                return account
        # A closed service's response is a provider's response: the own limiter counts it.
        gate = self.scenario.gate_against(call, relayed=True)
        if gate is not None:
            return self._turn_away(call, gate, now, hold=hold, to_count=ToCount(free=hold))
        relayed, rule = None, self.scenario.relayed
        if self._relayed is not None and rule is not None:
            pool = quota_key(rule.keyed_by, call, self._workspaces)
            relayed = self._relayed.hold(pool, rule.limit, now)
            if relayed.refused:
                count = ToCount(free=hold)
                return self._relay(
                    call, "free_usage_limit", rule.provider, hold=relayed, to_count=count
                )
        return self._admit(hold or relayed, ToCount(free=hold, relayed=relayed))

    def _paid_response(self, call: ModelCall, now: datetime) -> SimulatedResponse:
        hold = None
        if call.credential is not None:
            pool = (call.credential, call.model[:KEY_MODEL_CHARACTERS])
            minute = self._keyed.hold(pool, self.scenario.key_per_minute, now)
            hold = replace(minute, retry_after=KEY_RETRY_AFTER_S)
            if hold.refused:
                return self._refuse(call, "key_rate_limit", retry_after=hold.retry_after, hold=hold)
        account = self._account_or_refusal(call)
        if isinstance(account, SimulatedResponse):
            return account
        if (call.region or "") in self.scenario.blocked_regions:
            return self._refuse(call, "region")
        if account.state != "good":
            return self._refuse(call, account.state)
        return self._admit(hold, ToCount(keyed=hold))

    def _go_response(self, call: ModelCall, now: datetime) -> SimulatedResponse:
        account = self._account_or_refusal(call)
        if isinstance(account, SimulatedResponse):
            return account
        plan = self.scenario.go
        if not account.go:
            return self._refuse(call, "no_balance")
        pool = (account.workspace, account.user)
        for use in self._go.uses(pool, now):
            if use.exhausted:
                return self._refuse(
                    call,
                    "go_usage_limit",
                    error_type=plan.error_type,
                    retry_after=seconds_until(use.resets_at, now),
                    metadata=(("workspace", account.workspace), ("limitName", use.name)),
                )
        if plan.session_required and not call.session:
            return self._relay(call, "missing_session", "Console Go")
        return self._admit(None, ToCount(plan=pool))

    def _account_or_refusal(self, call: ModelCall) -> Account | SimulatedResponse:
        """The account of the key that was sent; or the refusal of a missing or bad key."""
        key = call.credential
        if key is None:
            return self._refuse(call, "missing_key")
        account = self._accounts.get(key)
        if account is None and key and self.scenario.accept_unknown_keys:
            return Account(key=key, workspace=derived_workspace(key))
        if account is None:
            return self._refuse(call, "invalid_key")
        return self._refuse(call, account.state) if account.state == "blocked" else account

    def _admit(self, hold: Hold | None, to_count: ToCount) -> SimulatedResponse:
        return SimulatedResponse("admitted", 200, self._sequence, hold=hold, to_count=to_count)

    def _on_demand(self, call: ModelCall, fault: Fault, now: datetime) -> SimulatedResponse:
        """What a fault sends at once, before anything is looked at or counted."""
        effect, wait = FAULTS[fault.kind], _seconds_of(fault.wait, now)
        if not effect.refusal:
            return SimulatedResponse(
                "fault", effect.status, self._sequence, retry_after=wait, fault=fault
            )
        metadata: tuple[tuple[str, str], ...] = ()
        if effect.refusal == "go_usage_limit" and wait is not None:
            workspace = derived_workspace(call.credential or "")
            metadata = (("workspace", workspace), ("limitName", limit_that_lasts(wait)))
        refused = self._refuse(call, effect.refusal, retry_after=wait, metadata=metadata)
        return replace(refused, decision="fault", fault=fault)

    def _turn_away(
        self, call: ModelCall, gate: Gate, now: datetime, **fields: Any
    ) -> SimulatedResponse:
        """A gate's refusal, whatever it is dressed as."""
        if gate.provider:
            refused = self._relay(call, gate.refuses_with, gate.provider, **fields)
        else:
            wait = _seconds_of("midnight" if gate.until_midnight else None, now)
            refused = self._refuse(call, gate.refuses_with, retry_after=wait, **fields)
        return replace(refused, decision="client_gate")

    def _refuse(
        self, call: ModelCall, name: str, *, retry_after: int | None = None, **fields: Any
    ) -> SimulatedResponse:
        """Zen's own refusal, in the language that was asked for."""
        refusal, locale = REFUSALS[name], self.scenario.locale or call.locale
        fields = {"error_type": refusal.type, "retry_after": retry_after, **fields}
        return SimulatedResponse(
            refusal.decision,
            refusal.status,
            self._sequence,
            message=self._text(call, refusal, locale, retry_after),
            **fields,
        )

    def _relay(self, call: ModelCall, name: str, provider: str, **fields: Any) -> SimulatedResponse:
        """A closed service's refusal, as Zen passes it on."""
        refusal = REFUSALS[name]
        return SimulatedResponse(
            refusal.decision,
            refusal.status,
            self._sequence,
            error_type=refusal.type,
            message=f"Error from provider ({provider}): {self._text(call, refusal)}",
            provider=provider,
            **fields,
        )

    def _text(
        self, call: ModelCall, refusal: Refusal, locale: str = "en", wait: int | None = None
    ) -> str:
        floor = self.scenario.version_floor
        return text_of(
            refusal.message,
            locale,
            model=call.model,
            format=call.protocol,
            retry=f"{wait}s",
            least=floor.least if floor is not None else "",
        )


def _seconds_of(wait: Wait | None, now: datetime) -> int | None:
    """Whole seconds that a refusal tells the client to wait."""
    return seconds_until(window_of("utc_day", now)[1], now) if wait == "midnight" else wait

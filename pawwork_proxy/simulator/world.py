"""A simulated Zen as a state machine: requests and instants in, answers out; no sockets, no clock.

`decide` walks the pipeline of zen-facts 6 in its order (model exists, limiter, authentication,
region, billing, provider); `finish` counts, after the answer as the server does. `ask` is both.
Invariant: the same scenario, seed and calls give the same answers.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime
from typing import cast

from pawwork_proxy.simulator.answer import BILLING_REFUSALS, NOTHING, Answer, AnswerKind, ToCount
from pawwork_proxy.simulator.facts import RequestFacts, derived_workspace
from pawwork_proxy.simulator.faults import FAULTS, Fault
from pawwork_proxy.simulator.gates import passes_client_gate, passes_user_agent
from pawwork_proxy.simulator.limits import FreeLimiter, GoLimiter, GoUse, KeyLimiter, RelayedLimiter
from pawwork_proxy.simulator.messages import MessageId, text_of
from pawwork_proxy.simulator.scenario import Account, ModelOffer, Scenario
from pawwork_proxy.simulator.windows import seconds_until


class World:
    """The counters of one scenario; see the module."""

    def __init__(self, scenario: Scenario, seed: int = 0) -> None:
        self.scenario = scenario
        self._offers = {offer.id: offer for offer in scenario.models}
        self._accounts = {account.key: account for account in scenario.accounts}
        workspaces = {account.key: account.workspace for account in scenario.accounts}
        self._free = FreeLimiter(scenario.free, workspaces) if scenario.free else None
        self._relayed = RelayedLimiter(scenario.relayed, workspaces) if scenario.relayed else None
        self._key_limiter = KeyLimiter(scenario.key_per_minute)
        self._go = GoLimiter(scenario.go)
        # Chance that has nothing to do with security; only repeatability matters.
        self._chance = random.Random(seed)  # noqa: S311
        self._sequence = 0

    def ask(self, facts: RequestFacts, now: datetime, *, aborted: bool = False) -> Answer:
        """Decide, answer and count one request that nothing else runs beside."""
        answer = self.decide(facts, now)
        self.finish(answer, now, aborted=aborted)
        return answer

    def decide(self, facts: RequestFacts, now: datetime) -> Answer:
        """The answer to a request; nothing is counted before `finish`."""
        self._sequence += 1
        fault = self._fault_for(facts)
        if fault is not None and fault.stage == "edge":
            return self._answer("fault", FAULTS[fault.kind].status or 0, fault=fault)
        offer = self._offers.get(facts.model)
        if offer is None and self.scenario.accept_unknown_models:
            offer = ModelOffer(id=facts.model, protocol=facts.protocol, free=True)
        if offer is None:
            return self._refuse(facts, "model_unavailable", "ModelError", "model_not_supported")
        if offer.protocol != facts.protocol:
            return self._refuse(facts, "model_unavailable", "ModelError", "model_format")
        if offer.state == "promotion_ended":
            return self._refuse(facts, "model_unavailable", "ModelError", "promotion_ended")
        if facts.tier == "go":
            answer = self._go_answer(facts, now)
        elif offer.free:
            answer = self._free_answer(facts, offer, now)
        else:
            answer = self._paid_answer(facts, now)
        if answer.kind != "admitted":
            return answer
        if offer.state == "no_provider":
            return self._refuse(facts, "no_provider", "ModelError", "no_provider")
        if fault is None:
            return answer
        row = FAULTS[fault.kind]
        count = answer.to_count if row.counted else NOTHING
        return replace(answer, kind="fault", status=row.status or 0, fault=fault, to_count=count)

    def finish(self, answer: Answer, now: datetime, *, aborted: bool = False) -> None:
        """Count the request once its answer is over; `aborted`: the client left mid-stream.

        `now` is the end of the answer: a stream over midnight counts for the day it ends in.
        """
        count = answer.to_count
        rule = self.scenario.free
        counts_anyway = not aborted or (rule is not None and rule.count_aborted)
        if count.free is not None and self._free is not None and counts_anyway:
            self._free.count(count.free, now)
        if count.relayed is not None and self._relayed is not None:
            self._relayed.count(count.relayed, now)
        if count.keyed is not None:
            self._key_limiter.count(count.keyed, now)
        if count.plan is not None and not aborted:
            self._go.count(count.plan, now)

    def consume(self, facts: RequestFacts, amount: int, now: datetime) -> None:
        """Other people use `amount` requests of the free pool that `facts` falls into."""
        offer = self._offers.get(facts.model) or ModelOffer(id=facts.model, free=True)
        if self._free is not None:
            self._free.consume(facts, offer, amount, now)

    def go_use(self, key: str, now: datetime) -> tuple[Account, tuple[GoUse, GoUse, GoUse]]:
        """Account of a good key, and its use of Go's limits."""
        account = self._account(key)
        assert account is not None, "ask refused_key first"
        return account, self._go.uses((account.workspace, account.user), now)

    def refused_key(self, key: str | None, locale: str = "en") -> Answer | None:
        """The refusal of a key outside of any model call; None when it is good."""
        return self._refused_key(RequestFacts(key=key, locale=locale))

    def _free_answer(self, facts: RequestFacts, offer: ModelOffer, now: datetime) -> Answer:
        hold = self._free.check(facts, offer, now) if self._free is not None else None
        if hold is not None and hold.refused:
            refusal = self._refuse(
                facts, "free_usage_limit", "FreeUsageLimitError", "rate_limit_exceeded", status=429
            )
            return replace(refusal, retry_after=hold.retry_after, hold=hold)
        # Free models take anonymous callers; a key is still looked at when there is one.
        refused = self._refused_key(facts) if facts.credential is not None else None
        if refused is not None:
            return refused
        # A closed service's answer is a provider's answer: the own limiter counts it.
        relayed = self._relayed_refusal(facts, now)
        if relayed is not None:
            return replace(relayed, hold=relayed.hold or hold, to_count=ToCount(free=hold))
        waiting = self._relayed.check(facts, now) if self._relayed is not None else None
        return self._answer(
            "admitted", 200, hold=hold or waiting, to_count=ToCount(free=hold, relayed=waiting)
        )

    def _relayed_refusal(self, facts: RequestFacts, now: datetime) -> Answer | None:
        rules = self.scenario
        gate = rules.client_gate
        if gate is not None and not passes_client_gate(gate, facts):
            return self._relay(facts, gate.provider, "client_gate", "FreeTierError", "free_tier")
        limit = rules.user_agent_limit
        if limit is not None and not passes_user_agent(limit, facts):
            return self._relay(facts, limit.provider)
        if self._relayed is not None and rules.relayed is not None:
            hold = self._relayed.check(facts, now)
            if hold.refused:
                return replace(self._relay(facts, rules.relayed.provider), hold=hold)
        return None

    def _paid_answer(self, facts: RequestFacts, now: datetime) -> Answer:
        key = facts.credential
        if key is None:
            return self._refused_key(facts) or self._answer("admitted", 200)
        hold = self._key_limiter.check(key, facts.model, now)
        if hold.refused:
            refusal = self._refuse(
                facts, "key_rate_limit", "RateLimitError", "rate_limit_exceeded", status=429
            )
            return replace(refusal, retry_after=hold.retry_after, hold=hold)
        refused = self._refused_key(facts)
        if refused is not None:
            return refused
        if (facts.region or "") in self.scenario.blocked_regions:
            return self._refuse(facts, "region_blocked", "RegionError", "region", status=403)
        account = self._account(key)
        assert account is not None
        if account.state in BILLING_REFUSALS:
            error_type, message = BILLING_REFUSALS[account.state]
            return self._refuse(facts, "billing", error_type, cast("MessageId", message))
        return self._answer("admitted", 200, hold=hold, to_count=ToCount(keyed=hold))

    def _go_answer(self, facts: RequestFacts, now: datetime) -> Answer:
        refused = self._refused_key(facts)
        if refused is not None:
            return refused
        account = self._account(facts.credential or "")
        assert account is not None
        plan = self.scenario.go
        if not account.go:
            return self._refuse(facts, "billing", "CreditsError", "insufficient_balance")
        pool = (account.workspace, account.user)
        for use in self._go.uses(pool, now):
            if use.exhausted:
                wait = seconds_until(use.resets_at, now)
                refusal = self._refuse(
                    facts, "go_usage_limit", plan.error_type, "go_limit", status=429, retry=wait
                )
                named = (("workspace", account.workspace), ("limitName", use.name))
                return replace(refusal, retry_after=wait, metadata=named)
        if plan.session_required and not facts.session:
            return self._relay(
                facts, "Console Go", "client_gate", "MissingSessionID", "missing_session"
            )
        return self._answer("admitted", 200, to_count=ToCount(plan=pool))

    def _refused_key(self, facts: RequestFacts) -> Answer | None:
        if facts.credential is None:
            return self._refuse(facts, "auth_missing", "AuthError", "missing_api_key")
        account = self._account(facts.credential)
        if account is None:
            return self._refuse(facts, "auth_invalid", "AuthError", "invalid_api_key")
        if account.state == "blocked":
            return self._refuse(facts, "auth_blocked", "AuthError", "account_blocked")
        return None

    def _account(self, key: str) -> Account | None:
        known = self._accounts.get(key)
        if known is None and key and self.scenario.accept_unknown_keys:
            return Account(key=key, workspace=derived_workspace(key))
        return known

    def _fault_for(self, facts: RequestFacts) -> Fault | None:
        for fault in self.scenario.faults:
            if fault.strikes(facts, self._sequence, self._chance):
                return fault
        return None

    def _refuse(
        self,
        facts: RequestFacts,
        kind: AnswerKind,
        error_type: str,
        message: MessageId,
        *,
        status: int = 401,
        retry: int = 0,
    ) -> Answer:
        locale = self.scenario.locale or facts.locale
        text = text_of(message, locale, model=facts.model, format=facts.protocol, retry=f"{retry}s")
        return self._answer(kind, status, error_type=error_type, message=text)

    def _relay(
        self,
        facts: RequestFacts,
        provider: str,
        kind: AnswerKind = "free_usage_limit",
        error_type: str = "FreeUsageLimitError",
        message: MessageId = "rate_limit_exceeded",
    ) -> Answer:
        text = text_of(message, model=facts.model)
        return self._answer(
            kind,
            RELAYED_STATUS[error_type],
            error_type=error_type,
            message=f"Error from provider ({provider}): {text}",
            provider=provider,
        )

    def _answer(self, kind: AnswerKind, status: int, **fields: object) -> Answer:
        return Answer(kind, status, self._sequence, **fields)  # type: ignore[arg-type]


RELAYED_STATUS = {"FreeUsageLimitError": 429, "FreeTierError": 403, "MissingSessionID": 400}

"""How often the classifier agrees with labelled answers: accuracy, confusions, misses.

Usage: python scripts/evaluate_outcomes.py FILE

FILE is JSONL: `id, status, headers, content_type, body, streaming, transport, label, alt`.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from pathlib import Path

from pawwork_proxy.classification.rules import classify
from pawwork_proxy.classification.stated import read_stated
from pawwork_proxy.model.outcome import Family, Kind, Outcome


def outcome_of(case: dict[str, object]) -> Outcome:
    """The outcome of one line."""
    stated = case.get("headers")
    headers = {str(k): str(v) for k, v in stated.items()} if isinstance(stated, dict) else {}
    if case.get("content_type"):
        headers.setdefault("content-type", str(case["content_type"]))
    status = case.get("status")
    answer = read_stated(
        str(case.get("body") or "").encode("utf-8", "surrogatepass"),
        status=status if isinstance(status, int) else None,
        headers=headers,
        streaming=bool(case.get("streaming")),
        transport=str(case["transport"]) if case.get("transport") else None,
    )
    return classify(answer.signals)


def throughput(cases: list[dict[str, object]], seconds: float = 1.0) -> float:
    """Answers read and classified per second on one core."""
    done, start = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - start) < seconds:
        for case in cases:
            outcome_of(case)
        done += len(cases)
    return done / elapsed


def main(path: Path) -> int:
    """Print the evaluation; 1 when quota and overload were confused."""
    cases = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    strict = lenient = swapped = 0
    confusions: Counter[tuple[str, str]] = Counter()
    misses: list[str] = []
    for case in cases:
        outcome = outcome_of(case)
        label, alt = case["label"], case.get("alt") or []
        confusions[label, outcome.kind.value] += 1
        strict += outcome.kind == label
        lenient += outcome.kind == label or outcome.kind in alt
        families = {Kind(label).family, outcome.family}
        swapped += families == {Family.QUOTA, Family.OVERLOAD}
        if outcome.kind != label:
            grade = "alt " if outcome.kind in alt else "MISS"
            misses.append(f"{grade} {case['id']}: {label} -> {outcome.kind} ({outcome.rule_id})")
    total = max(len(cases), 1)
    print(f"answers {len(cases)}  strict {strict / total:.4f}  lenient {lenient / total:.4f}")
    print(f"quota <-> overload confusions: {swapped}")
    print("\nlabel -> outcome, count")
    for (label, kind), count in sorted(confusions.items()):
        print(f"  {'  ' if label == kind else '* '}{label} -> {kind}: {count}")
    print("\nmisses" if misses else "\nno misses")
    for miss in misses:
        print(f"  {miss}")
    return 1 if swapped else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1])))

"""How often the classifier agrees with labelled responses: accuracy, confusions, misses.

Usage: python -m scripts.evaluate_outcomes FILE

FILE is JSONL: `id, status, headers, content_type, body, streaming, transport, label, alt`.
"""

import json
import sys
from collections import Counter
from pathlib import Path

from pawwork_proxy.model.outcome import Family, Kind
from pawwork_proxy.outcomes.rules import classify
from pawwork_proxy.responses.reported import read_case


def main(path: Path) -> int:
    """Print the evaluation; 1 when quota and overload were confused."""
    cases = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    strict = lenient = swapped = 0
    confusions: Counter[tuple[str, str]] = Counter()
    misses: list[str] = []
    for case in cases:
        outcome = classify(read_case(case).signals)
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
    print(f"responses {len(cases)}  strict {strict / total:.4f}  lenient {lenient / total:.4f}")
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

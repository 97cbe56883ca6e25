"""Random worlds with a known truth, and what could be known of it; parts of evaluate_verdicts."""

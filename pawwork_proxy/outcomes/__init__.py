"""From signals to an outcome: what happened, when it resets, what the client does."""

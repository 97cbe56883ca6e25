"""Known words: tables of names and ids that may stand in a record as they are. No logic."""

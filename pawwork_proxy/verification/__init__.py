"""Judging a bundle that somebody else made; shares only facts with what made it."""

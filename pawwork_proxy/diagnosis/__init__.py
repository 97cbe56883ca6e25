"""Why requests do not pass: what a set-up looks like, and the findings that follow from it."""

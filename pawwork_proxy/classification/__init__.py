"""From the bytes of an answer to signals, from signals to an outcome. Pure: no clock, no I/O."""

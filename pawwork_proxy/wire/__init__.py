"""Pure parsing of bytes: content encodings, event streams, JSON. Bounded, and never raises."""

"""From the bytes of a response, or a pasted text, to signals."""

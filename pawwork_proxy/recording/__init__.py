"""Live traffic becomes records. mitmproxy's types stay in `addon` and `flows`."""

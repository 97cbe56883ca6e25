"""The proxy process: listeners, certificate folder, chained proxy, mitmproxy's master."""

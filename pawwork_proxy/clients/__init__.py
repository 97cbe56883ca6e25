"""The client on this machine: configuration, keys, environment, processes."""

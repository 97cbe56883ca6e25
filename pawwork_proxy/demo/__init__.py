"""The whole job on the embedded simulator: real processes, real sockets, made-up conversations."""

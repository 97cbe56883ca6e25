"""Lets `python -m pawwork_proxy` do what the command `pawwork-proxy` does."""

from pawwork_proxy.cli import main

if __name__ == "__main__":
    main()

"""The entry point of the command `pawwork-proxy` and of `python -m pawwork_proxy`.

Invariant: Ctrl-C is taken care of before anything of weight is imported. While that goes on there
is nothing to clean up, and some libraries swallow a KeyboardInterrupt: the process ends at once.
"""

import os
import signal


def _leave(*_: object) -> None:
    os._exit(130)


def main() -> None:
    """Run the command line; `cli` gives Ctrl-C its usual meaning back when a command is loaded."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)
    from pawwork_proxy.cli import main as command_line  # noqa: PLC0415  see above

    command_line()


if __name__ == "__main__":
    main()

"""The project's own commands. An older Python is told here, before it meets newer syntax."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - the very check that tells the user
    sys.exit(
        "error: this needs Python 3.11 or newer\nhint: install Python 3.13 and start it with that"
    )

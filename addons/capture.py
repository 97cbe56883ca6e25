"""Script for stock mitmproxy: `mitmdump -s addons/capture.py --mode reverse:https://opencode.ai`.

Records the same capture as `pawwork-proxy run`, into the folder of the option
`pawwork_captures`; `--set pawwork_install=NAME` and `--set pawwork_network=LABEL` name the two.
It keeps mitmdump quiet, whose own display quotes paths.
"""

import sys

try:
    from pawwork_proxy.proxy.script import CaptureScript
except ModuleNotFoundError as missing:
    sys.exit(
        f"error: this mitmproxy has no module {missing.name}\n"
        "hint: take mitmdump or mitmweb from the folder .venv/run-3.X/bin of the checkout, which\n"
        "      'python3 scripts/run.py --version' makes, or where pawwork-proxy is installed"
    )

addons = [CaptureScript()]

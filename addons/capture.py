"""Script for stock mitmproxy: `mitmdump -s addons/capture.py --mode reverse:https://opencode.ai`.

Records the same capture as `pawwork-proxy run`, into the folder of the option
`pawwork_captures`; `--set pawwork_install=NAME` and `--set pawwork_network=LABEL` name the two.
It keeps mitmdump quiet, whose own display quotes paths.
"""

from pawwork_proxy.proxy.script import CaptureScript

addons = [CaptureScript()]

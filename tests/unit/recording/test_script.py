"""The script for stock mitmproxy, as far as no traffic is needed."""

import pytest
from mitmproxy.addonmanager import Loader
from mitmproxy.addons.termlog import TermLog
from mitmproxy.exceptions import OptionsError
from mitmproxy.test import taddons

from pawwork_proxy.recording.script import CaptureScript


@pytest.mark.parametrize(
    ("chosen", "kept"), [(None, "error"), ("warn", "warn"), ("debug", "debug")]
)
def test_a_verbosity_that_the_user_chose_is_kept(chosen: str | None, kept: str) -> None:
    with taddons.context(TermLog()) as context:
        if chosen:
            context.options.update(termlog_verbosity=chosen)
        CaptureScript().load(Loader(context.master))
        assert context.options.termlog_verbosity == kept


def test_a_label_that_no_bundle_could_hold_is_refused() -> None:
    script = CaptureScript()
    with taddons.context(TermLog()) as context:
        script.load(Loader(context.master))
        context.options.update(pawwork_network="office.de")
        with pytest.raises(OptionsError, match="host name"):
            script.configure({"pawwork_network"})

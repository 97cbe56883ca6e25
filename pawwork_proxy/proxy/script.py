"""The capture addon as stock `mitmdump -s` and `mitmweb -s` load it: options instead of a plan.

Invariant: the same addon and recorder as in `run`; only where their settings come from differs.
"""

import contextlib
import sys
from pathlib import Path

from mitmproxy import ctx
from mitmproxy.addonmanager import Loader
from mitmproxy.proxy.mode_specs import ProxyMode, ReverseMode

from pawwork_proxy.captures.retention import KEEP_DAYS, remove_expired
from pawwork_proxy.captures.writer import CaptureWriter
from pawwork_proxy.captures.writing import WritingThread
from pawwork_proxy.clients.processes import ProcessFinder
from pawwork_proxy.environment.identity import load_identity
from pawwork_proxy.environment.machine import utc_now
from pawwork_proxy.errors import ConfigurationError, PawworkProxyError
from pawwork_proxy.logs import guard_stderr, mute_other_handlers
from pawwork_proxy.proxy.mitmproxy_internals.changes import make_changes
from pawwork_proxy.proxy.mitmproxy_internals.hooks import REMEMBER_LISTENERS
from pawwork_proxy.recording.addon import CaptureAddon
from pawwork_proxy.recording.counts import Watcher
from pawwork_proxy.recording.destination import RECORDED_HOST, ZEN
from pawwork_proxy.recording.recorder import Recorder
from pawwork_proxy.recording.start import new_header, settle
from pawwork_proxy.redaction.labels import LABEL_RULE, keep_label

_MOST_DIGITS = 9
"""Of a number of days; with hundreds of them no time can be told."""


def _say(text: str) -> None:
    """To the user; mitmproxy's own log is muted."""
    with contextlib.suppress(OSError, ValueError):  # no terminal is no reason to end
        print(text, file=sys.stderr, flush=True)  # noqa: T201


def _label(option: str) -> str:
    """The name that an option gives, if captures and bundles can hold it."""
    text: str = getattr(ctx.options, option)
    if keep_label(text) is None:
        raise ConfigurationError(
            f"{option} {LABEL_RULE}", f"a plain word, for example: --set {option}=home"
        )
    return text


def _days(option: str) -> int:
    text: str = getattr(ctx.options, option)
    if not (text.isdecimal() and len(text) <= _MOST_DIGITS):
        raise ConfigurationError(
            f"{option} must be a whole number of days", f"for example: --set {option}={KEEP_DAYS}"
        )
    return int(text)


class CaptureScript:
    """Starts a capture when mitmproxy runs, by adding the addon beside itself."""

    _recorder: Recorder | None = None

    def load(self, loader: Loader) -> None:
        """The options of the script."""
        loader.add_option("pawwork_captures", str, "captures", "Folder for the capture file.")
        loader.add_option("pawwork_install", str, "main", "Name of the observed install.")
        loader.add_option("pawwork_network", str, "", "Your name for the network.")
        # A text as well: where mitmproxy cannot read a number, it runs on without the script.
        loader.add_option(
            "pawwork_keep_days", str, str(KEEP_DAYS), "Remove older captures; 0 keeps them all."
        )

        # What mitmproxy says of traffic quotes it, and is muted once we run; a choice of the user's
        # holds until then.
        if not ctx.options.has_changed("termlog_verbosity"):
            ctx.options.update(termlog_verbosity="error")
        guard_stderr()

    def running(self) -> None:
        """Open the capture; from here on exchanges are recorded."""
        try:
            self._start()
        except PawworkProxyError as error:
            hint = error.hint.replace("--captures ", "--set pawwork_captures=")
            _say(f"error: {error.message}\nhint: {hint}")
            sys.exit(error.exit_code)  # mitmproxy's own way of ending would be a success

    def _start(self) -> None:
        if "flow_detail" in ctx.options:  # mitmdump prints targets and reason phrases otherwise
            ctx.options.update(flow_detail=0)
        mute_other_handlers()
        label = _label("pawwork_install")
        network = _label("pawwork_network") if ctx.options.pawwork_network else None
        keep_days = _days("pawwork_keep_days")
        identity = load_identity()
        modes = [ProxyMode.parse(mode) for mode in ctx.options.mode]
        is_zen = all(
            mode.address[0] == RECORDED_HOST for mode in modes if isinstance(mode, ReverseMode)
        )
        header = new_header(identity, {label: None}, network, is_zen=is_zen)
        captures = Path(ctx.options.pawwork_captures).absolute()
        if removed := remove_expired(captures, utc_now(), keep_days):
            _say(f"removed {removed} captures older than {keep_days} days (pawwork_keep_days)")
        loop = ctx.master.event_loop
        writing = WritingThread(CaptureWriter(captures, header, utc_now), loop)
        _say(f"capture: {writing.path}")
        if page := getattr(ctx.master, "web_url", None):  # mitmweb tells it in its log, now muted
            _say(f"mitmweb: {page}")
        self._recorder = Recorder(writing, identity, network, None, Watcher(), loop.call_later)
        self._finder = ProcessFinder()
        self._addon = CaptureAddon(self._recorder, ZEN, {}, self._finder.look_up, label)
        make_changes(ctx.master, [REMEMBER_LISTENERS])
        ctx.master.addons.add(self._addon)
        settle()

    def done(self) -> None:
        """Close the capture; mitmproxy begins another when it loads the script anew."""
        if self._recorder is not None:
            ctx.master.addons.remove(self._addon)
            self._finder.close()
            self._recorder.close("finished")

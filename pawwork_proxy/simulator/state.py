"""What changes while a simulator runs: its rules and their counters, its clock, what it saw."""

from datetime import datetime

from pawwork_proxy.simulator.clock import SimulatedClock
from pawwork_proxy.simulator.scenario import Scenario
from pawwork_proxy.simulator.seen import SeenLog
from pawwork_proxy.simulator.world import World


class State:
    """Shared by the server and by the endpoints that control it."""

    def __init__(self, scenario: Scenario, seed: int, start: datetime | None) -> None:
        self.clock = SimulatedClock(start)
        self.seen = SeenLog()
        self._seed = seed
        self.replace_scenario(scenario)

    def replace_scenario(self, scenario: Scenario) -> None:
        """Go on by other rules; all counters start anew, what was seen stays."""
        self.scenario = scenario
        self.world = World(scenario, self._seed)

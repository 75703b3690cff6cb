"""How a tour is told: who does what, where, how long it took, and whether it came out right."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field

Clock = Callable[[], float]
SLOW = 1000  # milliseconds a step may wait for something to happen: the clock is what moves


class Failed(Exception):
    """A check of the tour did not hold."""


@dataclass(slots=True)
class Step:
    number: int
    who: str
    what: str
    where: str
    ms: int = 0
    waited_ms: int = 0  # of them: between looks, for something to happen
    checks: list[str] = field(default_factory=list)
    trouble: str = ""


class Script:
    """Collects the steps of a tour and tells each when it is done."""

    def __init__(self, tell: Callable[[Step], None], clock: Clock = time.perf_counter) -> None:
        self.steps: list[Step] = []
        self._tell = tell
        self._clock = clock

    @contextmanager
    def step(self, who: str, what: str, where: str = "") -> Iterator[Step]:
        """Time one step. Whatever goes wrong in it is told and ends the tour."""
        step = Step(len(self.steps) + 1, who, what, where)
        self.steps.append(step)
        since = self._clock()
        try:
            yield step
        except Exception as trouble:
            step.trouble = f"{type(trouble).__name__}: {trouble}"
            raise
        finally:
            step.ms = round((self._clock() - since) * 1000)
            self._tell(step)

    def waited(self, seconds: float) -> None:
        """Charge a pause to the step that is being played."""
        self.steps[-1].waited_ms += round(seconds * 1000)

    @property
    def slow(self) -> list[Step]:
        return [step for step in self.steps if step.waited_ms > SLOW]

    @property
    def failed(self) -> bool:
        return any(step.trouble for step in self.steps)


def check(step: Step, what: str, *, holds: bool, seen: object = "") -> None:
    """Write down what was checked, or end the step when it does not hold.

    :raises Failed:
    """
    if not holds:
        raise Failed(f"{what}: {seen}"[:500])
    step.checks.append(what)


def as_line(step: Step) -> str:
    """Tell a step in one line of text, and how long it waited if that was too long."""
    mark = "✗" if step.trouble else "✓"
    checks = f"（{'；'.join(step.checks)}）" if step.checks else ""
    slow = f"　等了 {step.waited_ms} ms" if step.waited_ms > SLOW else ""
    told = f"{step.who}　{step.what}{checks}　{step.where}{slow}"
    line = f"{mark} {step.number:>3} {step.ms:>5} ms  {told}"
    return f"{line}\n      {step.trouble}" if step.trouble else line


def as_json(step: Step) -> str:
    return json.dumps(asdict(step), ensure_ascii=False)

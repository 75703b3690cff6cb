"""Keeps processes alive and knows nothing of what they do.

Everything waits in one place for a signal: a child's end, or the word to stop.
"""

import logging
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from lianyi.kernel.refusal import Unavailable

LOG = logging.getLogger(__name__)
STOPS = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
SIGNALS = STOPS | {signal.SIGCHLD}
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 30.0  # seconds before a dead child is started again
STABLE = 60.0  # seconds after which an earlier death is forgotten
GRACE = 12.0  # seconds from the word to stop until a child is killed
TICK = 0.05

Start = Callable[[], subprocess.Popen[bytes]]


class Stopped(Exception):
    """Somebody told us to stop while we were waiting for something else."""


@dataclass(eq=False)
class StepFailed(Unavailable):
    """A step of the start did not end well; it has said why itself."""

    step: str
    status: int


@dataclass(slots=True)
class Child:
    """A process that has to live. `hurry` is how it is told to end when it took too long."""

    name: str
    start: Start
    stop_by: signal.Signals = signal.SIGTERM
    hurry_by: signal.Signals = signal.SIGKILL
    process: subprocess.Popen[bytes] | None = None
    deaths: int = 0
    pause: float = FIRST_PAUSE
    born: float = 0.0
    due: float = 0.0

    def tend(self, now: float) -> None:
        """Start it when its time has come; when it has ended, choose that time."""
        if self.process is not None and self.process.poll() is not None:
            self._mourn(now, self.process.returncode)
        if self.process is None and now >= self.due:
            self.process, self.born = self.start(), now
            LOG.info("%s started as %s", self.name, self.process.pid)

    def _mourn(self, now: float, status: int) -> None:
        stable = now - self.born > STABLE
        self.pause = FIRST_PAUSE if stable else self.pause
        self.deaths = 1 if stable else self.deaths + 1
        LOG.warning("%s ended with %s, again in %.1f s", self.name, status, self.pause)
        self.process, self.due = None, now + self.pause
        self.pause = min(self.pause * 2, LONGEST_PAUSE)

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def tell(self, word: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(word)


class Supervisor:
    """Stages of children: started in order, ended in the opposite one."""

    def __init__(self) -> None:
        self._stages: list[list[Child]] = []

    def begin(self, *children: Child) -> None:
        self._stages.append(list(children))
        self._tend()

    def wait(self, done: Callable[[], bool], every: float = TICK) -> None:
        """Keep everybody alive until something is so.

        :raises Stopped:
        """
        while not done():
            heard = signal.sigtimedwait(SIGNALS, every)
            if heard is not None and heard.si_signo in STOPS:
                raise Stopped
            self._tend()

    def run_to_end(self, name: str, start: Start) -> None:
        """Run one step of the start.

        :raises StepFailed:
        :raises Stopped:
        """
        step = start()
        try:
            self.wait(lambda: step.poll() is not None)
        finally:
            step.terminate()
            status = step.wait()
        if status:
            raise StepFailed(step=name, status=status)

    def stop(self) -> None:
        while self._stages:
            stage = self._stages.pop()
            for child in stage:
                child.tell(child.stop_by)
            self._see_out(stage)

    def _see_out(self, stage: list[Child]) -> None:
        """Wait until a stage is gone. Who is told to stop twice, or takes too long, is hurried."""
        deadline = time.monotonic() + GRACE
        while alive := [child for child in stage if child.is_running()]:
            heard = signal.sigtimedwait(SIGNALS, TICK)
            again = heard is not None and heard.si_signo in STOPS
            if again or time.monotonic() > deadline:
                for child in alive:
                    child.tell(child.hurry_by)

    def _tend(self) -> None:
        now = time.monotonic()
        for stage in self._stages:
            for child in stage:
                child.tend(now)


@contextmanager
def attentive() -> Iterator[None]:
    """Keep signals waiting until we ask for them; children get theirs as usual."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

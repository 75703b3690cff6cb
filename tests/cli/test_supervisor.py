import signal
import subprocess
import sys

import pytest

from lianyi.cli.supervisor import Child, StepFailed, Stopped, Supervisor, attentive
from lianyi.kernel import process

DEAF = "import signal; signal.signal(15, signal.SIG_IGN); print(flush=True); signal.pause()"


def starting(code):
    return lambda: process.spawn([sys.executable, "-c", code], dies_by=signal.SIGKILL)


@pytest.fixture
def supervisor():
    with attentive():
        own = Supervisor()
        yield own
        own.stop()


def test_who_keeps_dying_is_started_again_after_growing_pauses(supervisor):
    child = Child("mayfly", starting("raise SystemExit(3)"))
    supervisor.begin(child)
    pauses = []
    for deaths in (1, 2, 3):
        supervisor.wait(lambda: child.deaths == deaths)  # noqa: B023 - it is waited for at once
        pauses.append(child.pause)
    assert pauses == sorted(set(pauses))


def test_the_word_to_stop_ends_any_waiting(supervisor):
    signal.raise_signal(signal.SIGTERM)
    with pytest.raises(Stopped):
        supervisor.wait(lambda: False)


def test_who_does_not_hear_is_killed_by_the_second_word(supervisor):
    pipe = subprocess.PIPE
    deaf = subprocess.Popen([sys.executable, "-c", DEAF], stdout=pipe)  # noqa: S603 - ours
    deaf.stdout.readline()
    supervisor.begin(Child("deaf", lambda: deaf))
    signal.raise_signal(signal.SIGTERM)
    supervisor.stop()
    assert deaf.wait() == -signal.SIGKILL
    deaf.stdout.close()


def test_a_step_that_fails_stops_the_start(supervisor):
    with pytest.raises(StepFailed) as refusal:
        supervisor.run_to_end("migrate", starting("raise SystemExit(3)"))
    assert refusal.value.status == 3

import json
import tempfile
from pathlib import Path

from lianyi.cli.tour.script import Script, as_line
from tests.cli.installation import lianyi


def test_the_tour_plays_every_scene_in_a_demo_of_its_own_where_one_has_had_it():
    """It starts the demo and stops it; what another one has is left as it is."""
    with tempfile.TemporaryDirectory(prefix="lianyi-home-") as home:
        mark = Path(home) / "tour.played"
        mark.touch()
        played = lianyi("tour", "--json", home=home, patience=400)
        assert list(Path(home).iterdir()) == [mark]
    steps = [json.loads(line) for line in played.stdout.splitlines()]
    assert [step["trouble"] for step in steps] == [""] * len(steps)
    assert (played.returncode, bool(steps)) == (0, True), played.stderr


def test_a_step_answers_for_what_it_waited():
    told = Script(lambda _: None)
    for seconds in (0.3, 0.7), (0.4, 0.7):
        with told.step("somebody", "waits"):
            for each in seconds:
                told.waited(each)
    assert [step.waited_ms for step in told.steps] == [1000, 1100]
    assert told.slow == told.steps[1:]
    assert ["等了" in as_line(step) for step in told.steps] == [False, True]

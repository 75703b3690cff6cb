import json
import tempfile
from pathlib import Path

from tests.cli.installation import lianyi


def test_the_tour_starts_a_demo_plays_every_scene_and_stops_it():
    with tempfile.TemporaryDirectory(prefix="lianyi-home-") as home:
        played = lianyi("tour", "--json", home=home, patience=400)
        assert not (Path(home) / "addresses.json").exists()
    steps = [json.loads(line) for line in played.stdout.splitlines()]
    assert [step["trouble"] for step in steps] == [""] * len(steps)
    assert (played.returncode, bool(steps)) == (0, True), played.stderr

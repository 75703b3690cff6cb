import os
import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[2] / "tools" / "interpreter.py"


@pytest.fixture
def path(tmp_path):
    """Add folders with a `snake` that says what it is and how long it takes; None won't do."""
    folders = []

    def add(*seconds):
        for took in seconds:
            folder = tmp_path / str(len(folders))
            folder.mkdir()
            said = "" if took is None else f"echo '[\"{folder}/real\", {took}]'\n"
            program = folder / "snake"
            program.write_text(f"#!/bin/sh\n{said}")
            program.chmod(0o755)
            folders.append(folder)
        return folders

    return add


def chosen(folders, name="snake"):
    path = os.pathsep.join(map(str, folders))
    command = [sys.executable, TOOL, name]
    env = {**os.environ, "PATH": path}
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)  # noqa: S603


def test_the_clearly_fastest_of_a_name_is_chosen(path):
    folders = path(0.3, 0.2, 0.1)
    assert chosen(folders).stdout == f"{folders[2]}/real\n"


def test_the_first_on_the_path_stays_unless_another_is_clearly_faster(path):
    folders = path(0.100, 0.095)
    assert chosen(folders).stdout == f"{folders[0]}/real\n"


def test_what_can_make_no_environment_is_passed_over(path):
    folders = path(None, 0.2)
    assert chosen(folders).stdout == f"{folders[1]}/real\n"


def test_one_named_by_its_place_is_taken(path):
    folders = path(0.1, 0.3)
    assert chosen(folders, f"{folders[1]}/snake").stdout == f"{folders[1]}/real\n"


def test_where_none_will_do_it_says_what_is_needed(path):
    answer = chosen(path(None))
    assert answer.returncode != 0
    assert not answer.stdout
    assert "Python 3.11" in answer.stderr

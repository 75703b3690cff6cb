"""What a paper tells a person to type is there."""

import re

import pytest

from lianyi.cli import main
from tests.laws.test_laws import SRC

ROOT = SRC.parents[1]
PAPERS = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")})
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def told(tool, paper):
    """Return the words that follow a tool at the beginning of a line of commands, or as code."""
    return set(re.findall(rf"(?:^    |`){tool} ([a-z]+)", paper.read_text(), re.MULTILINE))


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.name)
def test_every_command_that_a_paper_names_is_there(paper):
    assert told("make", paper) <= TARGETS
    assert told("lianyi", paper) <= set(main.commands)


def test_the_readme_names_what_a_newcomer_types():
    for readme in ("README.md", "README.zh-CN.md"):
        assert told("make", ROOT / readme) >= {"run", "test", "tour"}

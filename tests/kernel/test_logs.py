import json
import subprocess
import sys

import pytest

# A process has one log, so each of these is one.
WRITING = """
import asyncio, logging, os, sys
from lianyi.kernel import logs
log = logging.getLogger("lianyi.web")
logs.configure(sys.argv[1], sys.argv[2])

async def work():
    for said in ("first", '第二 "x"', "third"):
        logs.note(log, said)
    log.warning("warned of %s", "it")
    try:
        raise ValueError("张秀英")
    except ValueError:
        log.error("a bug", exc_info=True)
    logs.note(log, "last")
    await asyncio.sleep(0)
    os._exit(0)  # what is not written by now is lost

asyncio.run(work())
"""


def lines(level, file=""):
    command = [sys.executable, "-c", WRITING, level, str(file)]
    done = subprocess.run(  # noqa: S603 - our own
        command, capture_output=True, check=True, text=True, timeout=60
    )
    text = file.read_text() if file else done.stderr
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("named", [True, False], ids=["to a file", "to stderr"])
def test_what_each_answer_leaves_is_a_line_like_all_others(tmp_path, named):
    told = lines("info", tmp_path / "log" if named else "")
    assert [one["message"] for one in told[:3]] == ["first", '第二 "x"', "third"]
    assert [one["message"] for one in told[3:]] == ["warned of it", "a bug", "last"]
    assert all(set(one) == {"at", "level", "logger", "message", "process"} for one in told[:4])
    assert {(one["level"], one["logger"], one["process"]) for one in told[:3]} == {
        ("info", "lianyi.web", told[3]["process"])
    }


def test_a_log_of_warnings_has_no_line_for_each_answer(tmp_path):
    assert [one["level"] for one in lines("warning", tmp_path / "log")] == ["warning", "error"]


def test_a_bug_is_told_by_its_type_and_place_and_never_by_what_it_said(tmp_path):
    bug = lines("info", tmp_path / "log")[-2]
    assert (bug["trouble"], bug["message"]) == ("ValueError", "a bug")
    assert bug["frames"]
    assert "张秀英" not in json.dumps(bug, ensure_ascii=False)

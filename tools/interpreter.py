"""Print the fastest Python of a name that a virtual environment can be made with.

python3 tools/interpreter.py NAME: a name with a slash means that one. Two Pythons of one version
differ by a third, depending on how they were compiled: what distributions optimise with profiles
(`--enable-optimizations`) those built by hand often lack. The first on the path stays unless
another one is clearly faster.
"""

import json
import math
import os
import shutil
import subprocess
import sys

CLEARLY = 0.9  # of the time
NEEDED = "需要 Python 3.11 以上并带 venv。Needs Python 3.11 or later with venv; say PYTHON=..."
PROBE = """
import ensurepip, json, sys, venv
from time import process_time

def work():
    since, kept = process_time(), {}
    for n in range(10_000):
        kept[str(n & 255)] = (n, len(kept))
    return process_time() - since

if sys.version_info >= (3, 11):
    print(json.dumps([sys.executable, min(work() for _ in range(20))]))
"""


def named(name: str) -> list[str]:
    """Return every program of a name, as the path has them."""
    folders = [""] if os.sep in name else os.environ["PATH"].split(os.pathsep)
    found = (shutil.which(name, path=folder) for folder in folders)
    return list(dict.fromkeys(one for one in found if one))


def probed(program: str) -> tuple[str, float] | None:
    """Return the Python behind a program and how many seconds its work takes. None: it won't do."""
    done = subprocess.run([program, "-c", PROBE], capture_output=True, text=True, check=False)
    return tuple(json.loads(done.stdout)) if done.stdout else None


def fastest(name: str) -> str:
    chosen, least = "", math.inf
    for python, took in filter(None, map(probed, named(name))):
        if took < CLEARLY * least:
            chosen, least = python, took
    return chosen


if __name__ == "__main__":
    print(fastest(sys.argv[1]) or sys.exit(NEEDED))

"""How soon an installation answers, and what it holds in memory when nobody asks anything."""

import time

from bench import running
from bench.figures import say
from bench.running import Running, proportional

FIRST, LATER = 180.0, 5.0  # seconds: `make run` with a warm package cache, and every later start
REST = 15.0  # seconds after which start-up work is done
GIB = 1024**3


def run() -> None:
    with running.home() as home:
        with running.demo(home) as first:
            say("start, first", first.took, "s", limit=FIRST, of="law")
        with running.demo(home) as later:
            say("start, later", later.took, "s", limit=LATER, of="law")
            time.sleep(REST)
            _memory(later)


def _memory(site: Running) -> None:
    database = sum(proportional(pid) for pid in running.family(site.pid("postgres")))
    say("memory at rest", site.memory_of_all() / GIB, "GiB", limit=database / GIB, of="PostgreSQL")
    say("memory of web", site.memory("web 0") / GIB, "GiB", limit=database / GIB, of="PostgreSQL")

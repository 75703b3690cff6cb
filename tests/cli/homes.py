"""Homes of a demo that has started before: its network comes in once for a run of the suite."""

import fcntl
import shutil
import subprocess
import tempfile
from contextlib import contextmanager

from tests.cli.installation import Installation


@contextmanager
def seeded(shared):
    """Lend a copy of the home that the first to ask leaves in a folder of all the run's processes.

    It is made elsewhere: the database's own user can't reach that folder.
    """
    kept = shared / "demo"
    with (shared / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            made = tempfile.mkdtemp(prefix="lianyi-home-")
            with Installation(made) as running:
                running.process.terminate()
                running.process.wait()
            running.log.unlink()  # its processes are none of those who start here later
            shutil.move(made, kept)
    with tempfile.TemporaryDirectory(prefix="lianyi-home-") as home:
        subprocess.run(["/bin/cp", "-a", f"{kept}/.", home], check=True)  # noqa: S603 - with owners
        yield home

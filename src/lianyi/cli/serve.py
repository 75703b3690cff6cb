"""What an installation consists of: the database, its migration, neighbours, worker, faces."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from lianyi.cli import addresses
from lianyi.cli.addresses import Addresses
from lianyi.cli.home import held
from lianyi.cli.supervisor import Child, Stopped, Supervisor, attentive
from lianyi.kernel import postgres, process
from lianyi.kernel.config import Config
from lianyi.kernel.postgres import Server, ServerFailed
from lianyi.kernel.refusal import Conflict

LOOPBACK = "127.0.0.1"
BACKLOG = 2048
ATTEMPTS = 3  # deaths of the database before a start is given up
PATIENCE = 0.5  # seconds for an answer of our own web processes


@dataclass(eq=False)
class AddressTaken(Conflict):
    host: str
    port: int
    trouble: str


@dataclass(frozen=True, slots=True)
class Household:
    """One start: what is set, the sockets opened for it, and where children write."""

    config: Config
    door: socket.socket
    simulators: Mapping[str, socket.socket]
    log: BinaryIO | None

    @property
    def address(self) -> str:
        host, port = self.door.getsockname()[:2]
        shown = LOOPBACK if host in {"0.0.0.0", "::"} else host  # noqa: S104 - only compared
        return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"

    @property
    def links(self) -> dict[str, str]:
        """Where each simulated neighbour listens."""
        return {
            name: f"http://{LOOPBACK}:{listener.getsockname()[1]}"
            for name, listener in self.simulators.items()
        }

    def step(self, *words: str, url: str) -> subprocess.Popen[bytes]:
        """Start what has to end before the rest begins; it speaks to the terminal."""
        command = [sys.executable, "-m", "lianyi.cli", *words]
        return process.spawn(command, dies_by=signal.SIGTERM, env=self._environment(url))

    def child(self, *words: str, url: str, fd: int | None = None) -> subprocess.Popen[bytes]:
        """Start what has to live, on an inherited socket if it is given one."""
        door = () if fd is None else ("--fd", str(fd))
        return process.spawn(
            [sys.executable, "-m", "lianyi.cli", *words, *door],
            dies_by=signal.SIGTERM,
            pass_fds=() if fd is None else (fd,),
            env=self._environment(url),
            log=self.log,
        )

    def _environment(self, url: str) -> dict[str, str]:
        config = self.config
        told = {
            "LIANYI_HOME": str(config.home),
            "LIANYI_DATABASE_URL": url,
            "LIANYI_LOG_FILE": config.log_file,
            "LIANYI_DEMO": str(config.demo).lower(),
            "LIANYI_PUBLIC_URL": config.public_url or self.address,
            "PROMETHEUS_MULTIPROC_DIR": str(config.home / "metrics"),
        }
        told.update({f"LIANYI_LINKS_{name.upper()}": url for name, url in self.links.items()})
        return told


def serve(config: Config, *, simulators: tuple[str, ...], ready: Callable[[str], None]) -> None:
    """Run everything until told to stop; `ready` hears the address once it answers."""
    with held(config.home), _household(config, simulators) as house, attentive():
        supervisor = Supervisor()
        try:
            _begin(supervisor, house)
            addresses.write(config.home, Addresses(house.address, house.links))
            ready(house.address)
            supervisor.wait(lambda: False, every=1.0)
        except Stopped:
            return
        finally:
            addresses.forget(config.home)
            supervisor.stop()


@contextmanager
def _household(config: Config, simulators: tuple[str, ...]) -> Iterator[Household]:
    metrics = config.home / "metrics"
    shutil.rmtree(metrics, ignore_errors=True)
    metrics.mkdir()
    with ExitStack() as stack:
        door = stack.enter_context(_listening(config.host, config.port))
        wires = {name: stack.enter_context(_listening(LOOPBACK, 0)) for name in simulators}
        file = config.log_file
        log = stack.enter_context(Path(file).open("ab")) if file else None
        yield Household(config, door, wires, log)


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as trouble:
        listener.close()
        raise AddressTaken(host=host, port=port, trouble=os.strerror(trouble.errno or 0)) from None
    listener.listen(BACKLOG)
    return listener


def _begin(supervisor: Supervisor, house: Household) -> None:
    url = house.config.database_url or _embedded(supervisor, house.config)
    supervisor.run_to_end("migrate", lambda: house.step("migrate", url=url))
    fd = house.door.fileno()
    supervisor.begin(
        *(
            Child(f"web {number}", lambda: house.child("web", url=url, fd=fd))
            for number in range(house.config.web_processes)
        )
    )
    # Somebody waits for the pages: what works behind them starts when it no longer delays them.
    supervisor.wait(lambda: answers_at(house.address))
    supervisor.begin(*(_simulator(house, name, url) for name in house.simulators))
    supervisor.begin(Child("worker", lambda: house.child("worker", url=url)))


def _embedded(supervisor: Supervisor, config: Config) -> str:
    server = postgres.prepare(config.home)
    child = Child("postgres", server.launch, signal.SIGINT, signal.SIGQUIT)
    supervisor.begin(child)
    supervisor.wait(lambda: _is_up(server, child), every=0.01)
    return server.url


def _is_up(server: Server, child: Child) -> bool:
    if child.deaths >= ATTEMPTS:
        raise ServerFailed(log=str(server.log))
    return server.is_ready()


def _simulator(house: Household, name: str, url: str) -> Child:
    fd = house.simulators[name].fileno()
    return Child(f"simulator {name}", lambda: house.child("simulate", name, url=url, fd=fd))


def answers_at(address: str) -> bool:
    """Ask the web processes at an address whether people may come in."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()

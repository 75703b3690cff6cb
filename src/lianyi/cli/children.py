"""The bodies of the processes that a supervisor starts; each loads only what it is made of."""

import asyncio
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import TYPE_CHECKING

import uvicorn
import uvloop

from lianyi.cli import outgoing
from lianyi.kernel.config import Config
from lianyi.links.simulators import NAMES

if TYPE_CHECKING:
    from starlette.types import ASGIApp

LOOPBACK = ("127.0.0.1", "::1")  # a proxy on this machine
DRAIN = 10  # seconds for answers under way


class Server(uvicorn.Server):
    """Closes open streams before it waits for answers under way: they'd never end by themselves."""

    def __init__(self, config: uvicorn.Config, close_streams: Callable[[], None]) -> None:
        super().__init__(config)
        self._close_streams = close_streams

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._close_streams()
        await super().shutdown(sockets)


def web(config: Config, fd: int) -> None:
    from lianyi import main

    app = main.web(config)
    _serve(app, fd, app.state.live.close, trusted=(*LOOPBACK, *config.named_proxies))


def simulate(config: Config, name: str, fd: int) -> None:
    _serve(NAMES[name](config), fd, lambda: None)


def worker(config: Config) -> None:
    uvloop.run(_worker(config))


async def _worker(config: Config) -> None:
    from lianyi import main

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for word in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(word, stop.set)
    await main.worker(config, stop)


def _serve(
    app: "ASGIApp", fd: int, close_streams: Callable[[], None], *, trusted: Sequence[str] = LOOPBACK
) -> None:
    """Serve on an inherited socket; whom a request is from is believed of those who are trusted."""
    signal.signal(signal.SIGTERM, _leave)  # uvicorn raises it again when it has finished
    settings = uvicorn.Config(
        app,
        loop="uvloop",
        http=outgoing.Protocol,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        lifespan="auto",
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=list(trusted),
        timeout_graceful_shutdown=DRAIN,
    )
    with socket.socket(fileno=fd) as door:
        Server(settings, close_streams).run(sockets=[door])


def _leave(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)

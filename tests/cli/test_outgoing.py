import socket
import subprocess
import sys
import threading
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

from lianyi.cli import outgoing

# Another process, since one thread of ours can't hear between two words of another.
HEARING = """
import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=20) as connection:
    for _ in range(50):
        connection.sendall(b"GET / HTTP/1.1\\r\\nhost: x\\r\\n\\r\\n")
        print(connection.recv(65_536).endswith(b"whole"))
"""
CHUNKS = [bytes([65 + n % 26]) * 70_000 for n in range(40)]
END = b"\r\n\r\n"


async def whole(_):
    return PlainTextResponse("whole")


async def many(_):
    return StreamingResponse(iter(CHUNKS))


class Slow:
    """Says what comes, and the rest once it is asked to."""

    def __init__(self):
        self.go_on = threading.Event()

    async def answer(self, _):
        return StreamingResponse(self._parts())

    def _parts(self):
        yield b""
        assert self.go_on.wait(20)
        yield b"the rest"


@contextmanager
def served(*routes):
    """Return a connection to a server that writes so."""
    config = uvicorn.Config(
        Starlette(routes=routes), loop="uvloop", http=outgoing.Protocol, log_config=None
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as door:
        running = threading.Thread(target=server.run, kwargs={"sockets": [door]})
        running.start()
        try:
            with socket.create_connection(door.getsockname(), timeout=20) as connection:
                yield connection
        finally:
            server.should_exit = True
            running.join(20)


def ask(connection):
    connection.sendall(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")


def until_closed(connection):
    return b"".join(iter(lambda: connection.recv(65_536), b""))


def test_a_head_and_its_body_come_in_one_go_each_time():
    with served(Route("/", whole)) as connection:
        command = [sys.executable, "-c", HEARING, str(connection.getpeername()[1])]
        heard = subprocess.run(  # noqa: S603 - our own
            command, capture_output=True, check=True, text=True, timeout=60
        )
    assert heard.stdout.split() == 50 * ["True"]


def test_a_head_waits_for_no_body():
    slow = Slow()
    with served(Route("/", slow.answer)) as connection:
        ask(connection)
        assert connection.recv(65_536).endswith(END)
        slow.go_on.set()
        assert b"the rest" in until_closed(connection)


def test_much_comes_whole_in_its_order_before_the_connection_is_closed():
    with served(Route("/", many)) as connection:
        ask(connection)
        body = until_closed(connection).partition(END)[2]
    told = b"".join(b"%x\r\n%b\r\n" % (len(one), one) for one in CHUNKS)
    assert body == told + b"0\r\n\r\n"

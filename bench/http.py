"""A client that costs next to nothing, so that what is measured is the product.

One connection a client, kept open; requests are written and answers read as bytes. It speaks just
enough HTTP/1.1 for the answers our own server gives.
"""

import asyncio
import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

CSRF = bytes(16)  # a browser's secret; masked with zeros its token is all zeros
COOKIE, FIELD = CSRF.hex(), quote(urlsafe_b64encode(2 * CSRF))
LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
LOCATION = re.compile(rb"\r\nlocation: ([^\r]*)", re.IGNORECASE)
END, CHUNK_END = b"\r\n\r\n", b"\r\n0\r\n\r\n"


@dataclass(slots=True)
class Answer:
    status: int
    location: str
    body: bytes


class Wire(asyncio.Protocol):
    """One connection: what has come, and who waits for more of it."""

    def __init__(self) -> None:
        self.got = bytearray()
        self.transport: Any = None
        self._more: asyncio.Future[None] | None = None
        self.lost = False

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.got += data
        self._wake()

    def connection_lost(self, _: Exception | None) -> None:
        self.lost = True
        self._wake()

    def _wake(self) -> None:
        if self._more is not None and not self._more.done():
            self._more.set_result(None)

    async def more(self) -> None:
        if self.lost:
            raise ConnectionError("the server hung up")
        self._more = asyncio.get_running_loop().create_future()
        await self._more

    async def until(self, mark: bytes) -> int:
        """Return where a mark ends, once it has come."""
        while (at := self.got.find(mark)) < 0:
            await self.more()
        return at + len(mark)

    def take(self, size: int) -> bytes:
        taken = bytes(self.got[:size])
        del self.got[:size]
        return taken


@dataclass(slots=True)
class Client:
    """A browser with one session. `cookie` is the token of that session."""

    address: str
    cookie: str = ""
    _wire: Wire | None = field(default=None, init=False)
    _always: str = field(default="", init=False)  # what each request says

    async def get(self, path: str) -> Answer:
        return await self._ask("GET", path, b"")

    async def fragment(self, path: str, target: str) -> Answer:
        """Ask for one part of a page, as a live page does when something changed."""
        return await self._ask("GET", path, b"", f"hx-request: true\r\nhx-target: {target}\r\n")

    async def post(self, path: str, **fields: str) -> Answer:
        return await self.submit(path, urlencode(fields))

    async def submit(self, path: str, form: str) -> Answer:
        """Post a form that is written out already."""
        return await self._ask("POST", path, f"csrf={FIELD}&{form}".encode())

    async def follow(self, path: str) -> None:
        """Open a stream and leave it open once its headers have come."""
        wire = await self._send("GET", path, b"")
        wire.take(await wire.until(END))

    def forget(self) -> None:
        """Forget what the stream has said until now."""
        if self._wire is not None:
            self._wire.got.clear()

    async def hear(self, name: str) -> None:
        """Return when the stream says a name."""
        if self._wire is None:
            raise RuntimeError("nothing is followed")
        self._wire.take(await self._wire.until(f"data: {name}\n\n".encode()))

    async def close(self) -> None:
        if self._wire is not None:
            self._wire.transport.close()

    async def _ask(self, method: str, path: str, body: bytes, more: str = "") -> Answer:
        wire = await self._send(method, path, body, more)
        head = wire.take(await wire.until(END))
        length, location = LENGTH.search(head), LOCATION.search(head)
        size = int(length[1]) if length else await wire.until(CHUNK_END)
        while len(wire.got) < size:
            await wire.more()
        where = location[1].decode() if location else ""
        return Answer(int(head[9:12]), where, wire.take(size))

    async def _send(self, method: str, path: str, body: bytes, more: str = "") -> Wire:
        if self._wire is None or self._wire.lost:
            await self._connect()
        head = (
            f"{method} {path} HTTP/1.1\r\n{self._always}"
            f"cookie: lianyi={self.cookie}; csrf={COOKIE}\r\n{more}"
            f"content-length: {len(body)}\r\n\r\n"
        )
        self._wire.transport.write(head.encode() + body)
        return self._wire

    async def _connect(self) -> None:
        parts, loop = urlsplit(self.address), asyncio.get_running_loop()
        _, self._wire = await loop.create_connection(Wire, parts.hostname, parts.port)
        self._always = (
            f"host: {parts.netloc}\r\nsec-fetch-site: same-origin\r\n"
            "content-type: application/x-www-form-urlencoded\r\n"
        )

"""A client that costs next to nothing, so that what is measured is the product.

One connection a client, kept open; requests are written and answers read as bytes. It speaks just
enough HTTP/1.1 for the answers our own server gives.
"""

import asyncio
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

CSRF = bytes(16)  # a browser's secret; masked with zeros its token is all zeros
TOKEN = urlsafe_b64encode(2 * CSRF).decode()


@dataclass(slots=True)
class Answer:
    status: int
    location: str
    body: bytes


@dataclass(slots=True)
class Client:
    """A browser with one session. `cookie` is the token of that session."""

    address: str
    cookie: str = ""
    _reader: asyncio.StreamReader | None = field(default=None, init=False)
    _writer: asyncio.StreamWriter | None = field(default=None, init=False)

    async def get(self, path: str) -> Answer:
        return await self._ask("GET", path, b"")

    async def post(self, path: str, **fields: str) -> Answer:
        return await self._ask("POST", path, urlencode({"csrf": TOKEN, **fields}).encode())

    async def follow(self, path: str) -> None:
        """Open a stream and leave it open once its headers have come."""
        await self._send("GET", path, b"")
        await self._headers()

    async def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            await self._writer.wait_closed()

    async def _ask(self, method: str, path: str, body: bytes) -> Answer:
        await self._send(method, path, body)
        return await self._receive()

    async def _send(self, method: str, path: str, body: bytes) -> None:
        parts = urlsplit(self.address)
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(parts.hostname, parts.port)
        head = (
            f"{method} {path} HTTP/1.1\r\nhost: {parts.netloc}\r\n"
            f"cookie: lianyi={self.cookie}; csrf={CSRF.hex()}\r\nsec-fetch-site: same-origin\r\n"
            "content-type: application/x-www-form-urlencoded\r\n"
            f"content-length: {len(body)}\r\n\r\n"
        )
        self._writer.write(head.encode() + body)

    async def _headers(self) -> tuple[int, dict[bytes, bytes]]:
        if self._reader is None:
            raise RuntimeError("nothing was asked")
        first, *rest = (await self._reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
        fields = (line.partition(b": ")[::2] for line in rest if line)
        return int(first[9:12]), {name.lower(): value for name, value in fields}

    async def _receive(self) -> Answer:
        status, headers = await self._headers()
        if b"content-length" in headers:
            body = await self._reader.readexactly(int(headers[b"content-length"]))
        else:
            body = await self._chunks()
        return Answer(status, headers.get(b"location", b"").decode(), body)

    async def _chunks(self) -> bytes:
        parts = []
        while size := int(await self._reader.readline(), 16):
            parts.append(await self._reader.readexactly(size))
            await self._reader.readexactly(2)
        await self._reader.readexactly(2)
        return b"".join(parts)

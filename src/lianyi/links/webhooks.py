"""Letters to apps over HTTP; apart, because httpx is slow to import."""

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

import httpx

from lianyi.kernel.errand import Answer, Outcome
from lianyi.links import client as http
from lianyi.links.hooks import (
    HOME,
    Letter,
    NotOutside,
    Number,
    Place,
    Round,
    is_at_home,
    is_outside,
)

PATIENCE = 5.0  # seconds for one letter, from the connection to the answer
ROUND = 2.0  # seconds after which a round is ended: the doors must be asked again
MOST = 64 * 1024  # bytes of an answer that are listened to
JSON = "application/fhir+json"
PORTS = {"https": 443, "http": 80}
IPV6 = 6
DIGITS = 9  # of seconds; nobody keeps anything longer


@dataclass(frozen=True, slots=True)
class WebHooks:
    """`at_home` lets a demo tell programs on its own machine too."""

    at_home: bool = False
    patience: float = PATIENCE
    trust: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    async def deliver(self, told: Round) -> Answer:
        """Say each letter until one isn't taken; that nobody has taken it is an answer too."""
        through, trouble, clock = 0, "", asyncio.get_running_loop().time
        ends = clock() + ROUND
        async with self._client() as client:
            for letter in told.letters:
                if trouble := await self._say(client, told, letter):
                    break
                through = letter.n
                if clock() > ends:
                    break
        return Answer(Outcome.YES, {"through": through, "trouble": trouble})

    @asynccontextmanager
    async def _client(self) -> AsyncIterator[httpx.AsyncClient]:
        """Lend a client for one round: a connection is kept for one name only, and by no proxy."""
        http.quiet()
        timeout = httpx.Timeout(self.patience)
        async with httpx.AsyncClient(trust_env=False, verify=self.trust, timeout=timeout) as client:
            yield client

    async def _say(self, client: httpx.AsyncClient, told: Round, letter: Letter) -> str:
        """Return what was wrong; nothing, if it has arrived."""
        try:
            async with asyncio.timeout(self.patience):
                status = await self._status(client, told, letter)
        except NotOutside:
            return "address"
        except (OSError, httpx.HTTPError, httpx.InvalidURL):
            return "silent"
        return "" if httpx.codes.is_success(status) else f"said {status}"

    async def fetch(self, place: Place) -> Answer:
        """Get what lies at an address; what leads elsewhere, or is too long, is no answer."""
        parts = urlsplit(place.url)
        try:
            async with asyncio.timeout(self.patience), self._client() as client:
                url, named = _at(parts, await self._number(parts), ""), parts.hostname
                headers = {"host": parts.netloc, "accept-encoding": "identity"}
                own = {"sni_hostname": named}  # by which its certificate is looked at
                async with client.stream("GET", url, headers=headers, extensions=own) as answer:
                    text = await _listened(answer)
        except (OSError, httpx.HTTPError, httpx.InvalidURL, UnicodeDecodeError):
            return Answer(Outcome.NO)
        if answer.status_code != httpx.codes.OK or len(text) > MOST:
            return Answer(Outcome.NO)
        seconds = _seconds(answer.headers.get("cache-control", ""))
        return Answer(Outcome.YES, {"text": text.decode(errors="replace"), "seconds": seconds})

    async def _status(self, client: httpx.AsyncClient, told: Round, letter: Letter) -> int:
        parts = urlsplit(told.endpoint)
        own = (one.partition(":") for one in told.headers)
        headers = {name: value.strip() for name, _, value in own} | {"host": parts.netloc}
        headers |= {"idempotency-key": letter.key}
        headers |= {"content-type": JSON} if letter.body else {}
        request = client.build_request(
            letter.method,
            _at(parts, await self._number(parts), letter.path),
            content=letter.body.encode(),
            headers=headers,
            extensions={"sni_hostname": parts.hostname},  # by which its certificate is looked at
        )
        answer = await client.send(request, stream=True)
        try:
            await _listened(answer)
        finally:
            await answer.aclose()
        return answer.status_code

    async def _number(self, parts: SplitResult) -> Number:
        """Return where a name leads now.

        :raises NotOutside: one of its numbers is ours.
        :raises OSError: it has none.
        """
        host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
        found = await asyncio.get_running_loop().getaddrinfo(host, port)
        numbers = [ipaddress.ip_address(each[4][0]) for each in found]
        may_be = is_at_home if self.at_home and host in HOME else is_outside
        if not all(may_be(number) for number in numbers):
            raise NotOutside
        return numbers[0]


def _at(parts: SplitResult, number: Number, path: str) -> str:
    host = f"[{number}]" if number.version == IPV6 else str(number)
    port = f":{parts.port}" if parts.port else ""
    own = parts.path.rstrip("/") if path else parts.path
    return f"{parts.scheme}://{host}{port}{own}{path}"


async def _listened(answer: httpx.Response) -> bytes:
    """Hear an answer out, so that the connection can be used again, but not for ever."""
    heard = b""
    async for part in answer.aiter_raw():
        heard += part
        if len(heard) > MOST:
            break
    return heard


def _seconds(control: str) -> int | None:
    """Return for how long an answer says it holds (RFC 9111, 5.2.2). None: it doesn't say."""
    said = [one.strip().lower() for one in control.split(",")]
    if not {"no-store", "no-cache"}.isdisjoint(said):
        return 0
    ages = (one.removeprefix("max-age=").strip('"') for one in said if one.startswith("max-age="))
    age = next(ages, "")
    return int(age[:DIGITS]) if age.isascii() and age.isdigit() else None

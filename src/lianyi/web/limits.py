"""How often one address may ask what needs no sign-in."""

from collections import OrderedDict, deque
from datetime import datetime, timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request

MOST = 10_000  # addresses that are remembered


class Limit:
    """So many requests of one address in a while, as far as this process has seen them."""

    def __init__(self, times: int, per: timedelta) -> None:
        self._times, self._per = times, per
        self._seen: OrderedDict[str, deque[datetime]] = OrderedDict()

    def check(self, request: Request, now: datetime) -> None:
        """Count a request.

        :raises HTTPException: 429.
        """
        if not self.allows(request, now):
            raise HTTPException(429)

    def allows(self, request: Request, now: datetime) -> bool:
        """Count a request, and return whether it is not one too many: that one isn't counted."""
        address = request.client.host if request.client else ""
        seen = self._seen.setdefault(address, deque())
        self._seen.move_to_end(address)
        while seen and seen[0] <= now - self._per:
            seen.popleft()
        while len(self._seen) > MOST:
            self._seen.popitem(last=False)
        if len(seen) >= self._times:
            return False
        seen.append(now)
        return True

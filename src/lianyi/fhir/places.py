"""Where this server is, as addresses name it."""

from starlette.requests import Request

ROOT = "/fhir/R4"
ORIGIN = "origin"  # of the server, remembered in the scope of a request


def base_of(request: Request) -> str:
    """Return the address of the server as whoever asks has reached it, or as it is set."""
    return origin_of(request) + ROOT


def origin_of(request: Request) -> str:
    reached: str | None = request.scope.get(ORIGIN)
    if reached is None:  # which a page of resources asks many times
        public: str = getattr(request.app.state, "public_url", "") or str(request.base_url)
        reached = request.scope[ORIGIN] = public.rstrip("/")
    return reached

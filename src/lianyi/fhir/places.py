"""Where this server is, as addresses name it."""

from starlette.requests import Request

ROOT = "/fhir/R4"


def base_of(request: Request) -> str:
    """Return the address of the server as whoever asks has reached it, or as it is set."""
    return origin_of(request) + ROOT


def origin_of(request: Request) -> str:
    public: str = getattr(request.app.state, "public_url", "") or str(request.base_url)
    return public.rstrip("/")

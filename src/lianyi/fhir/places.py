"""Where this server is, as addresses name it."""

from starlette.requests import Request

from lianyi.kernel.headers import header

ROOT = "/fhir/R4"
ORIGIN = "origin"  # of the server, remembered in the scope of a request


def base_of(request: Request) -> str:
    """Return the address of the server as whoever asks has reached it, or as it is set."""
    return origin_of(request) + ROOT


def origin_of(request: Request) -> str:
    reached: str | None = request.scope.get(ORIGIN)
    if reached is None:  # which a page of resources asks many times
        public: str = getattr(request.app.state, "public_url", "")
        reached = request.scope[ORIGIN] = (public or _reached(request)).rstrip("/")
    return reached


def relative(base: str, text: str) -> str:
    """Return values of a parameter with our own resources named as from here: `Patient/23`."""
    return ",".join([one.removeprefix(f"{base}/") for one in text.split(",")])


def _reached(request: Request) -> str:
    """Return what `base_url` is, which reads an address that was put together for it."""
    host, scope = header(request.scope, b"host"), request.scope
    if host and not scope.get("root_path"):
        return f"{scope['scheme']}://{host}"
    return str(request.base_url)

"""Where this server is, as addresses name it."""

from starlette.requests import Request

ROOT = "/fhir/R4"


def base_of(request: Request) -> str:
    """Return the address of the server as whoever asks has reached it, or as it is set."""
    public = getattr(request.app.state, "public_url", "") or str(request.base_url).rstrip("/")
    return f"{public}{ROOT}"

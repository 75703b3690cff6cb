"""Where everything is, as addresses name it."""

from starlette.requests import Request

ROOT, FHIR, CONSENT = "/smart", "/fhir/R4", "/apps/ask"
AUTHORIZE, TOKEN = f"{ROOT}/authorize", f"{ROOT}/token"
REVOKE, INTROSPECT = f"{ROOT}/revoke", f"{ROOT}/introspect"
REGISTER, JWKS = f"{ROOT}/register", f"{ROOT}/jwks"
DISCOVERED = (
    "/.well-known/smart-configuration",
    f"{FHIR}/.well-known/smart-configuration",
    "/.well-known/openid-configuration",
    JWKS,
)


def issuer(request: Request) -> str:
    """Return the address of this installation as whoever asks has reached it, or as it is set."""
    public: str = getattr(request.app.state, "public_url", "") or str(request.base_url)
    return public.rstrip("/")


def server(request: Request) -> str:
    return issuer(request) + FHIR

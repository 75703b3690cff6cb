"""What an app finds out by itself: where to ask, and what may be asked for."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lianyi.accounts.rules import jwt
from lianyi.kernel.work import App
from lianyi.smart import places

HEADERS = {"cache-control": "public, max-age=300", "access-control-allow-origin": "*"}
WAYS = ["client_secret_basic", "client_secret_post", "private_key_jwt"]
CAPABILITIES = [
    "launch-ehr",
    "launch-standalone",
    "client-public",
    "client-confidential-symmetric",
    "client-confidential-asymmetric",
    "sso-openid-connect",
    "context-banner",
    "context-ehr-patient",
    "context-ehr-encounter",
    "context-standalone-patient",
    "permission-offline",
    "permission-online",
    "permission-patient",
    "permission-user",
    "permission-v1",
    "permission-v2",
]
SCOPES = [
    "openid",
    "fhirUser",
    "launch",
    "launch/patient",
    "launch/encounter",
    "offline_access",
    "online_access",
    "patient/*.rs",
    "user/*.rs",
    "system/*.rs",
]


async def configuration(request: Request) -> Response:
    """Answer to anybody, from any page (INT-01, INT-05)."""
    base = places.issuer(request)
    told = {
        "issuer": base,
        "jwks_uri": base + places.JWKS,
        "authorization_endpoint": base + places.AUTHORIZE,
        "token_endpoint": base + places.TOKEN,
        "token_endpoint_auth_methods_supported": [*WAYS, "none"],
        "token_endpoint_auth_signing_alg_values_supported": list(jwt.ACCEPTED),
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "registration_endpoint": base + places.REGISTER,
        "revocation_endpoint": base + places.REVOKE,
        "introspection_endpoint": base + places.INTROSPECT,
        "introspection_endpoint_auth_methods_supported": WAYS,
        "scopes_supported": SCOPES,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [jwt.OURS],
        "code_challenge_methods_supported": ["S256"],
        "capabilities": CAPABILITIES,
    }
    return JSONResponse(told, headers=HEADERS)


async def keys(request: Request) -> Response:
    app: App = request.app.state.lianyi
    return JSONResponse(jwt.published(app.keys.identity), headers=HEADERS)


ROUTES = tuple(
    Route(path, keys if path == places.JWKS else configuration) for path in places.DISCOVERED
)

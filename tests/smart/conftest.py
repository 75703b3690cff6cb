"""Companies with their apps, on the whole site, beside the browsers of those who are asked."""

from base64 import urlsafe_b64encode
from contextlib import AsyncExitStack
from datetime import timedelta
from hashlib import sha256
from urllib.parse import parse_qs, parse_qsl, urlsplit
from uuid import UUID, uuid4

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from lianyi.access.model import Purpose
from lianyi.fhir import routes as fhir
from lianyi.kernel.live import Hub
from lianyi.smart import routes as smart
from lianyi.web import pages
from lianyi.web.session import COOKIE
from lianyi.web.site import READERS, site
from tests.apps import Program
from tests.identity import credit_code
from tests.records.conftest import elsewhere, ward
from tests.web.resident import opened
from tests.web.staff import token_of
from tests.web.test_sign_in import Reader

__all__ = ["elsewhere", "ward"]
HERE = "https://lianyi.test"
FHIR = f"{HERE}/fhir/R4"
BACK = "https://app.test/cb?from=lianyi"
STATE = "s" * 22
VERIFIER = "v" * 43
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# Made once: an RSA key costs a test half a second.
EC, RSA = ECKey.generate_key("P-384", {"kid": "ec"}), RSAKey.generate_key(2048, {"kid": "rsa"})
ALL = "openid fhirUser launch launch/patient offline_access online_access"
KEYS = KeySet([EC, RSA]).as_dict(private=False)


def whole(app):
    routes = (*pages.ROUTES, *smart.ROUTES, *fhir.ROUTES)
    return site(app, Hub(), routes, sessions=(*READERS, *smart.READERS))


@pytest.fixture
def faces(app):
    return whole(app)


@pytest.fixture
async def http(faces):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(faces), base_url=HERE) as client:
        yield client


@pytest.fixture
async def sitting(faces, ward):
    """Lend browsers of whoever is signed in on the site."""
    async with AsyncExitStack() as stack:

        async def of(hat):
            make = opened if hat.role == "resident" else token_of
            transport = httpx.ASGITransport(faces)
            client = httpx.AsyncClient(transport=transport, base_url=HERE)
            await stack.enter_async_context(client)
            client.cookies.set(COOKIE, await make(ward.place, hat))
            return Reader(client)

        yield of


class Company:
    """A company's app as its own software runs it."""

    def __init__(self, http, ward, told):
        self.http, self.ward, self.told = http, ward, told
        self.id, self.secret = told["client_id"], told.get("client_secret", "")
        self.program = Program(ward.place, UUID(self.id))

    async def bring(self, reader, scope, **other):
        """Bring a browser to the server and return where it is led."""
        asked = {
            "response_type": "code",
            "client_id": self.id,
            "redirect_uri": BACK,
            "scope": scope,
            "state": STATE,
            "aud": FHIR,
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **other,
        }
        asked = {name: value for name, value in asked.items() if value is not None}
        return await reader.http.get("/smart/authorize", params=asked)

    async def agreed(self, reader, scope, *, verb="agree", classes=(), days="30", **other):
        """Let whoever sits there decide, and return what comes back to the app."""
        led = (await self.bring(reader, scope, **other)).headers["location"]
        page = await reader.get(led)
        form = page.form(f"{led}/{verb}")
        given = {"days": days, "classes": list(classes)} if verb == "agree" else {}
        answer = await reader.http.post(form.action, data={**form.fields, **given})
        assert answer.is_redirect, answer.text
        return returned(answer)

    async def token(self, grant="authorization_code", **given):
        """Ask for tokens, as a company's software does it."""
        form = {"grant_type": grant, "client_id": self.id}
        if self.secret:
            form["client_secret"] = self.secret
        if grant == "authorization_code":
            form |= {"redirect_uri": BACK, "code_verifier": VERIFIER}
        form = {name: value for name, value in {**form, **given}.items() if value is not None}
        return await self.http.post("/smart/token", data=form)

    async def tokens(self, reader, scope, **agreed):
        code = (await self.agreed(reader, scope, **agreed))["code"]
        answer = await self.token(code=code)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def get(self, path, token, **more):
        headers = {"authorization": f"Bearer {token}", **more}
        return await self.http.get(f"/fhir/R4/{path}", headers=headers)

    def assertion(self, *, key=EC, alg="ES384", aud="token", **claims):
        now = self.ward.place.app.clock()
        said = {
            "iss": self.id,
            "sub": self.id,
            "aud": f"{HERE}/smart/{aud}",
            "exp": int((now + timedelta(minutes=4)).timestamp()),
            "jti": str(uuid4()),
            **claims,
        }
        return jwt.encode({"alg": alg, "kid": key.kid}, said, key, algorithms=[alg])

    async def serve(self, scope, assertion=None, **given):
        proof = {
            "client_assertion_type": ASSERTION,
            "client_assertion": assertion or self.assertion(),
            "client_id": None,
        }
        return await self.token("client_credentials", scope=scope, **proof, **given)


def returned(answer):
    """Return what an answer leads the browser back to the app with."""
    url = answer.headers["location"]
    assert url.startswith(BACK), url
    said = dict(parse_qsl(urlsplit(url).query))
    assert said.pop("from") == "lianyi"
    assert all(len(values) == 1 for values in parse_qs(urlsplit(url).query).values())
    return said


def document(**given):
    return {
        "client_name": "血压日记",
        "company": "青山数字健康有限公司",
        "credit_code": credit_code(),
        "contacts": ["privacy@app.test"],
        "scope": f"{ALL} patient/*.cruds user/*.cruds system/*.cruds lianyi/source",
        "redirect_uris": [BACK],
        "token_endpoint_auth_method": "none",
        **given,
    }


@pytest.fixture
def company(http, ward):
    """Register an app, approved by the ward's hospital for some purposes."""

    async def of(*approved, **given):
        answer = await http.post("/smart/register", json=document(**given))
        assert answer.status_code == 201, answer.text
        made = Company(http, ward, answer.json())
        for purpose, scopes in approved:
            await made.program.approved(scopes, purpose)
        return made

    return of


@pytest.fixture
async def diary(company):
    """An app for patients, without a secret."""
    return await company((Purpose.OWN, "patient/*.rs offline_access"))


@pytest.fixture
async def patients(sitting, ward):
    """The patient's browser."""
    return await sitting(ward.patient)

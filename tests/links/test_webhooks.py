"""What lies at an app's address counts if that address proves by TLS whose it is (jwks_uri)."""

import ssl
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lianyi.kernel.errand import Answer, Outcome
from lianyi.links.hooks import Letter, Place, Round
from lianyi.links.webhooks import WebHooks
from tests.fhir.subscriptions.receiver import served

HOST = "localhost"
NOW, DAY = datetime.now(UTC), timedelta(days=1)
NO = Answer(Outcome.NO)


class Authority:
    """Signs certificates of servers."""

    def __init__(self):
        self.key, self.name = ec.generate_private_key(ec.SECP256R1()), named("authority")
        ca = x509.BasicConstraints(ca=True, path_length=None)
        self.own = self.signed(self.key.public_key(), self.name, ca, NOW + DAY)

    def signed(self, key, name, extension, until):
        made = x509.CertificateBuilder(self.name, name, key, x509.random_serial_number())
        made = made.not_valid_before(NOW - 2 * DAY).not_valid_after(until)
        return made.add_extension(extension, critical=True).sign(self.key, hashes.SHA256())

    def certify(self, folder, host, until=NOW + DAY):
        """Return what a server of that name is started with."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.DNSName(host)])
        certificate = self.signed(key.public_key(), named(host), names, until)
        pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
        own = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
        file = folder / f"{host}.pem"
        file.write_bytes(own + certificate.public_bytes(pem))
        return {"ssl_certfile": str(file)}

    def trusted(self):
        """Return the hooks of who trusts this authority and nobody else."""
        pem = self.own.public_bytes(serialization.Encoding.PEM).decode()
        return WebHooks(at_home=True, trust=ssl.create_default_context(cadata=pem))


def named(host):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])


class Server:
    """Answers with a key set, or leads elsewhere."""

    def __init__(self, leads_to=""):
        self.leads_to, self.asked = leads_to, []

    async def __call__(self, scope, _receive, send):
        self.asked.append(scope["path"])
        headers = [(b"location", self.leads_to.encode())] if self.leads_to else []
        status = 302 if self.leads_to else 200
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"keys": []}'})


@pytest.fixture(scope="module")
def authority():
    return Authority()


async def asked(hooks, address):
    """Return what was fetched there, and the trouble with telling something there."""
    url = f"https://{address}/jwks.json"
    letter = Letter(1, "k", "POST", "", "")
    told = await hooks.deliver(Round(url, [], [letter]))
    return await hooks.fetch(Place(url)), told.body["trouble"]


async def test_a_server_that_proves_its_name_is_heard(authority, tmp_path):
    server = Server()
    async with served(server, HOST, **authority.certify(tmp_path, HOST)) as address:
        found, trouble = await asked(authority.trusted(), address)
    assert (found.body["text"], trouble) == ('{"keys": []}', "")


@pytest.mark.parametrize(
    ("host", "until", "is_known"),
    [
        (HOST, NOW + DAY, False),  # signed by nobody whom we trust
        ("app.test", NOW + DAY, True),  # of another name
        (HOST, NOW - DAY, True),  # over
    ],
)
async def test_a_server_that_does_not_is_told_and_believed_nothing(
    authority, tmp_path, host, until, is_known
):
    """The connection goes to a number; whose it is says the certificate of the name alone."""
    server, trusting = Server(), authority if is_known else Authority()
    async with served(server, HOST, **authority.certify(tmp_path, host, until)) as address:
        assert await asked(trusting.trusted(), address) == (NO, "silent")
    assert server.asked == []


async def test_no_server_leads_into_a_network_of_ours(authority, tmp_path):
    """SSRF: neither to a number that is private, nor to one that could be asked."""
    inner = Server()
    async with served(inner) as address:
        for leads_to in ("http://10.0.0.1/", f"http://{address}/jwks.json", "//169.254.169.254/"):
            outer = Server(leads_to)
            async with served(outer, HOST, **authority.certify(tmp_path, HOST)) as first:
                assert await asked(authority.trusted(), first) == (NO, "said 302")
            assert outer.asked == ["/jwks.json"] * 2
    assert inner.asked == []

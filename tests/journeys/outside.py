"""The world outside, played by its own simulators, and a worker that speaks to it."""

from contextlib import asynccontextmanager
from dataclasses import dataclass, fields

from lianyi.links import Links
from lianyi.links.agency import Agency
from lianyi.links.aliyun import AliyunSms
from lianyi.links.authority import Authority
from lianyi.links.inspectorate import Inspectorate
from lianyi.links.province import IdentityProvider
from lianyi.links.signed import SignedWire
from lianyi.links.webhooks import WebHooks
from lianyi.links.wechat import WechatPayments
from lianyi.worker.errands import Runner, run_due
from tests.drain import deliver
from tests.links import provider as providers
from tests.links.provider import Provider, now


@dataclass
class Outside:
    app: object
    links: Links
    registry: Provider
    carrier: Provider

    async def work(self):
        """Do what the worker would: hand on events, run errands, until there is nothing."""
        while await deliver(self.app) + await run_due(Runner(self.app, self.links)):
            pass

    async def lives(self, name, number, phone):
        """Let the registry know somebody."""
        await self.registry.post("/people", [{"name": name, "id_number": number, "phone": phone}])

    async def inbox(self, phone):
        return [line["template"] for line in await self.carrier.get(f"/inbox?phone={phone}")]


def only(**links):
    """Return neighbours of whom only these are at home."""
    return Links(**{**dict.fromkeys(each.name for each in fields(Links)), **links})


@asynccontextmanager
async def outside(app, home):
    async with (
        providers.running(home / "identity", "identity") as registry,
        providers.running(home / "sms", "sms") as carrier,
    ):
        links = Links(
            sms=AliyunSms(carrier.client, carrier.url, carrier.papers, app.clock, now),
            identity=IdentityProvider(
                SignedWire(registry.client, registry.url, registry.papers, now)
            ),
            payments=WechatPayments("", home / "credentials", ""),  # nobody pays here
            ca=Authority(SignedWire(registry.client, "", home / "ca", now)),  # nor signs
            insurer=Agency(
                SignedWire(registry.client, "", home / "insurer", now), now
            ),  # nor claims
            supervision=Inspectorate(SignedWire(registry.client, "", home / "supervision", now)),
            hooks=WebHooks(),
        )
        yield Outside(app, links, registry, carrier)

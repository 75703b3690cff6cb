"""Every component and every shell with sample data, so that they can be seen and measured.

The samples are invented. The prescribing story is a plain follow-up of hypertension and
hyperlipidaemia: simvastatin 40 mg is caught beside amlodipine, whose label caps it at 20 mg.
"""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from lianyi.kernel.actor import system
from lianyi.kernel.lifecycle import WrongState
from lianyi.kernel.live import Hub
from lianyi.web import answer, forms
from lianyi.web.nav import Place
from lianyi.web.site import site

TEMPLATES = Path(__file__).parent / "templates"
NOW = datetime(2026, 11, 22, 6, 32, tzinfo=UTC)
PAGES = ("home", "components", "fields", "doctor", "pharmacy", "screen")
SIGN_IN = ("resident", "staff", "post")

DOCTOR = (
    Place("visit", "/gallery/doctor", "接诊", icon="stethoscope"),
    Place("plan", "#plan", "排班", icon="calendar-event"),
    Place("people", "#people", "患者", icon="users"),
    Place("drugs", "#drugs", "处方", icon="prescription"),
    Place("video", "#video", "会诊", icon="video"),
    Place("refer", "#refer", "转诊", icon="transfer"),
    Place("watch", "#watch", "监测", icon="heart-rate-monitor"),
)
PHARMACY = (
    Place("dispense", "#dispense", "发药", icon="pill"),
    Place("stock", "#stock", "库存", icon="packages"),
    Place("day", "#day", "日结", icon="report-money"),
)


WATCHER = system("gallery", UUID(int=1))


class Sample(forms.Form):
    name: Annotated[str, msgspec.Meta(min_length=2, max_length=20)]
    phone: Annotated[str, msgspec.Meta(pattern=r"^1\d{10}$", description="请填写 11 位手机号码")]
    born: date
    systolic: Annotated[int, msgspec.Meta(ge=40, le=300)]
    channel: Literal["picture", "video"]
    agreed: bool = False


class Demo:
    """Puts the demo's clock, a reader and a person to act for where pages look for them."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            scope["state"]["demo"] = SimpleNamespace(now=NOW, operator=True)
            scope["user"] = WATCHER
            scope["state"]["person"] = SimpleNamespace(name="张*英")
        await self.app(scope, receive, send)


def view():
    today = date(2026, 11, 22)
    states = ("", "current", "full", "", "", "", "")
    notes = ("余 6", "余 12", "约满", "余 3", "余 8", "余 8", "余 20")
    days = [
        (f"?day={today + timedelta(i)}", today + timedelta(i), note, state)
        for i, (note, state) in enumerate(zip(notes, states, strict=True))
    ]
    posts = [
        SimpleNamespace(
            id="1", role="doctor", institution_name="市人民医院", department_name="心内科"
        ),
        SimpleNamespace(id="2", role="pharmacist", institution_name="惠民药店", department_name=""),
    ]
    return SimpleNamespace(
        days=days,
        doctor=DOCTOR,
        pharmacy=PHARMACY,
        posts=posts,
        name="王建平",
        phone="",
        back="/",
        again_in=58,
    )


async def show(request: Request):
    return answer.page(request, f"gallery/{request.path_params['name']}.html", view())


async def sign_in(request: Request):
    return answer.page(request, f"sign_in/{request.path_params['name']}.html", view())


async def send(request: Request):
    try:
        form = await forms.read(request, Sample)
    except forms.BadForm as bad:
        return answer.page(request, "gallery/fields.html", view(), 422, form=bad.form)
    return PlainTextResponse(f"{form.name} {form.phone} {form.born} {form.systolic}")


async def refused(request: Request):
    raise WrongState(table="t", id=NOW, verb="v", state="s")


async def announce(request: Request):
    request.app.state.live.heard(request.path_params["topic"])
    return PlainTextResponse("heard")


async def live(request: Request):
    beats = request.app.state.beats = getattr(request.app.state, "beats", 0) + 1
    return answer.page(request, "gallery/live.html", SimpleNamespace(beats=beats))


async def bug(request: Request):
    raise ValueError("张秀英 13800000000")


ROUTES = [
    Route("/gallery/fields", send, methods=["POST"]),
    Route("/gallery/refused", refused, methods=["GET", "POST"]),
    Route("/gallery/bug", bug),
    Route("/gallery/announce/{topic}", announce),
    Route("/gallery/live", live),
    Route("/gallery/{name}", show),
    Route("/gallery/sign-in/{name}", sign_in),
]


def gallery(*middleware, hub=None):
    return site(None, hub or Hub(), ROUTES, sessions=middleware, templates=[TEMPLATES])

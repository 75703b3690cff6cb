"""Online visits of a resident: find a doctor, prove, tell, pay, talk, rate (在线复诊)."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, TypeVar
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.consult.errors import NotEligible
from lianyi.consult.model import Answered, Course, Evidence, Intake, Kind
from lianyi.consult.rules import flags
from lianyi.journeys import follow_up, follow_up_asking, follow_up_desk
from lianyi.journeys.follow_up_asking import Paper, Wish
from lianyi.kernel.refusal import Conflict, Invalid, Refused
from lianyi.kernel.text import words
from lianyi.kernel.work import Tx, reading, within
from lianyi.people.errors import MayNotPractise
from lianyi.web import acts, answer, forms, uploads
from lianyi.web.forms import Filled
from lianyi.web.i18n import mark
from lianyi.web.patient.shell import show
from lianyi.web.session import app_of, user

PAGE = "/follow-up"
DOCTOR = PAGE + "/doctors/{post:uuid}"
VISIT = PAGE + "/visits/{visit:uuid}"
SAID_HERE = (Invalid, Conflict)
SIGN = "sign-"  # begins the name of a question about danger
MOST = 8000  # characters that are read for signs of danger; a form takes fewer
Text = Annotated[str, msgspec.Meta(max_length=2000)]
Told = Annotated[
    str, msgspec.Meta(min_length=2, max_length=2000, description=mark("请写几句这次的情况。"))
]
F = TypeVar("F", bound=forms.Form)


class Asking(forms.Form, frozen=True):
    complaint: Told
    fen: int
    kind: Kind = Kind.FOLLOW_UP
    condition: Text = ""
    disease: Text = ""
    evidence: Evidence = Evidence.OUTPATIENT_RECORD
    course: Course = Course.STABLE
    readings: Text = ""
    medicines: Text = ""
    allergies: Text = ""
    wanted: Text = ""
    share: bool = False
    agreed: bool = False
    guardian: bool = False


class Saying(forms.Form, frozen=True):
    text: Text = ""


class Rating(forms.Form, frozen=True):
    stars: Annotated[int, msgspec.Meta(ge=1, le=5, description=mark("请选择 1 到 5 星。"))]
    words: Text = ""


async def find(request: Request) -> Response:
    verb = partial(follow_up_desk.find, kind=_kind(request.query_params.get("kind", "")))
    return await show(request, "patient/follow_up.html", verb)


async def eligibility(request: Request) -> Response:
    verb = partial(
        follow_up_desk.eligibility, post_id=request.path_params["post"], kind=Kind.FOLLOW_UP
    )
    return await show(request, "patient/follow_up_doctor.html", verb)


async def intake(request: Request) -> Response:
    asked = request.query_params
    kind, disease = _kind(asked.get("kind", "")), asked.get("disease", "")
    return await _intake(request, kind, asked.get("from", ""), disease=disease)


async def ask(request: Request) -> Response:
    """Ask for a visit; every refusal stands above the form, with what was typed kept.

    Signs of danger come before all of them, however wrong the form is (CON-28).
    """
    typed = Filled((await forms.posted(request)).texts)
    told = _as_typed(typed)
    if signs := follow_up_asking.signs(told):
        post_id, kind = request.path_params["post"], _kind(typed.text("kind"))
        return await _urgent(request, signs, lambda tx: _ask(tx, post_id, kind, told))
    papers, photos = [await uploads.contents(request, name) for name in ("papers", "photos")]
    try:
        form = await forms.read(request, Asking)
    except forms.BadForm as bad:
        kind, chosen = _kind(typed.text("kind")), typed.text("condition")
        return await _intake(request, kind, chosen, bad.form, typed.text("disease"))
    wish = _wish(form, _answers(typed), papers, photos)
    try:
        visit_id = await within(
            app_of(request),
            user(request),
            lambda tx: _ask(tx, request.path_params["post"], form.kind, wish),
            once=forms.once(request, form, UUID),
        )
    except SAID_HERE as refused:
        kept = await forms.kept(request, **{"": _why(request, refused)})
        return await _intake(request, form.kind, form.condition, kept, form.disease)
    return answer.go(request, f"{PAGE}/visits/{visit_id}")


async def room(request: Request) -> Response:
    return await _room(request)


async def say(request: Request) -> Response:
    """Write a message; one that tells of danger however wrong the form is (CON-28)."""
    pictures = await uploads.contents(request, "pictures")
    typed = Filled((await forms.posted(request)).texts).text("text")[:MOST]
    if signs := flags.in_text(typed):
        return await _urgent(request, signs, lambda tx: _say(tx, _visit(request), typed, pictures))

    async def verb(tx: Tx, form: Saying) -> None:
        await _say(tx, _visit(request), form.text, pictures)

    return await _act(request, Saying, verb)


async def withdraw(request: Request) -> Response:
    async def verb(tx: Tx, _: forms.Form) -> None:
        await follow_up.withdraw(tx, visit_id=_visit(request))

    return await _act(request, forms.Form, verb)


async def rate(request: Request) -> Response:
    async def verb(tx: Tx, form: Rating) -> None:
        await follow_up.rate(tx, visit_id=_visit(request), stars=form.stars, words=form.words)

    return await _act(request, Rating, verb)


async def picture(request: Request) -> Response:
    file_id = request.path_params["file"]
    found = await reading(
        app_of(request),
        user(request),
        lambda tx: follow_up_desk.picture(tx, visit_id=_visit(request), file_id=file_id),
    )
    return uploads.as_file(found)


def _wish(
    form: Asking, answers: tuple[Answered, ...], papers: list[bytes], photos: list[bytes]
) -> Wish:
    return Wish(
        intake=_told(partial(getattr, form), form.course, answers),
        fen=form.fen,
        condition=form.condition,
        disease=form.disease,
        papers=tuple(Paper(form.evidence, each) for each in papers),
        photos=tuple(photos),
        share=form.share,
        agreed=form.agreed,
        guardian_present=form.guardian,
    )


def _as_typed(typed: Filled) -> Wish:
    """Return what was told, without asking whether a form may say so."""

    def text(name: str) -> str:
        return typed.text(name)[:MOST]

    told = _told(text, Course.STABLE, _answers(typed))
    return Wish(told, fen=0, condition=text("condition"), disease=text("disease"))


def _told(text: Callable[[str], str], course: Course, answers: tuple[Answered, ...]) -> Intake:
    return Intake(
        text("complaint"),
        course,
        readings=text("readings"),
        medicines=text("medicines"),
        allergies=text("allergies"),
        wanted=text("wanted"),
        answers=answers,
    )


def _answers(typed: Filled) -> tuple[Answered, ...]:
    signs = (name for name in typed.texts if name.startswith(SIGN))
    return tuple(Answered(name.removeprefix(SIGN), typed.text(name) == "yes") for name in signs)


async def _urgent(
    request: Request, signs: tuple[str, ...], verb: Callable[[Tx], Awaitable[UUID]]
) -> Response:
    """Stop a visit with what was told; where that is refused, 120 is shown all the same."""
    try:
        form = await forms.read(request, forms.Form)
        once = forms.once(request, form, UUID)
        visit_id = await within(app_of(request), user(request), verb, once=once)
    except Refused:
        where = partial(follow_up_desk.emergency, signs=signs)
        return await show(request, "patient/follow_up_emergency.html", where)
    return answer.go(request, f"{PAGE}/visits/{visit_id}")


async def _say(tx: Tx, visit_id: UUID, text: str, pictures: list[bytes]) -> UUID:
    return (await follow_up.say(tx, visit_id=visit_id, text=text, pictures=pictures)).id


async def _ask(tx: Tx, post_id: UUID, kind: Kind, wish: Wish) -> UUID:
    return (await follow_up_asking.ask(tx, post_id=post_id, kind=kind, wish=wish)).id


def _why(request: Request, refused: Invalid | Conflict) -> str | Invalid | Conflict:
    """Say each finding of the law in the reader's words."""
    if not isinstance(refused, NotEligible | MayNotPractise):
        return refused
    language = request.state.language
    return " ".join(words(each.code, language) for each in refused.findings)


async def _act(
    request: Request, struct: type[F], verb: Callable[[Tx, F], Awaitable[None]]
) -> Response:
    """Do one act of the visit and show it again; a refusal stands above it."""
    then, above = f"{PAGE}/visits/{_visit(request)}", acts.beside("")
    return await acts.act(request, struct, verb, page=_room, said=SAID_HERE, then=then, wrong=above)


async def _intake(
    request: Request, kind: Kind, condition: str, form: Filled | None = None, disease: str = ""
) -> Response:
    verb = partial(
        follow_up_desk.form,
        post_id=request.path_params["post"],
        kind=kind,
        condition=condition,
        disease=disease,
    )
    return await show(request, "patient/follow_up_intake.html", verb, form=form)


async def _room(request: Request, form: Filled | None = None) -> Response:
    verb = partial(follow_up_desk.room, visit_id=_visit(request))
    return await show(request, "patient/follow_up_visit.html", verb, form=form)


def _visit(request: Request) -> UUID:
    visit_id: UUID = request.path_params["visit"]
    return visit_id


def _kind(text: str) -> Kind:
    return Kind.COUNSEL if text == Kind.COUNSEL else Kind.FOLLOW_UP


ROUTES = (
    Route(PAGE, find, methods=["GET"]),
    Route(DOCTOR, eligibility, methods=["GET"]),
    Route(DOCTOR + "/intake", intake, methods=["GET"]),
    Route(DOCTOR + "/ask", ask, methods=["POST"]),
    Route(VISIT, room, methods=["GET"]),
    Route(VISIT + "/say", say, methods=["POST"]),
    Route(VISIT + "/withdraw", withdraw, methods=["POST"]),
    Route(VISIT + "/rate", rate, methods=["POST"]),
    Route(VISIT + "/files/{file:uuid}", picture, methods=["GET"]),
)

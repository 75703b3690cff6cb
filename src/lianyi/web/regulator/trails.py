"""A closed visit step by step, and the cases that open a name behind it (就诊轨迹, CON-18)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, TypeVar
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.journeys import inspect
from lianyi.journeys.inspect import Cases, Inspected
from lianyi.kernel.text import catalogue
from lianyi.kernel.work import Tx, reading
from lianyi.supervision import rules
from lianyi.supervision.errors import ReasonMissing
from lianyi.supervision.model import Case, CaseState, Opens, Step
from lianyi.web import acts, answer, forms
from lianyi.web.session import app_of, user

VISITS, CASES = "/regulator/visits", "/regulator/cases"
AT_REASON = acts.beside("reason")


F = TypeVar("F", bound=forms.Form)


class Asking(forms.Form, frozen=True):
    opens: Opens
    reason: Annotated[str, msgspec.Meta(max_length=200)] = ""


class Declining(forms.Form, frozen=True):
    reason: Annotated[str, msgspec.Meta(max_length=200)] = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A visit in the words of the reader's language."""

    seen: Inspected
    language: str

    def what(self, step: Step) -> str:
        return self._word(f"supervision.thing.{step.thing}", step.thing)

    def became(self, step: Step) -> str:
        """Return what the thing has become, or how it was done where it has no states."""
        done = self._word(f"supervision.done.{step.verb}", step.after)
        return self._word(f"{step.thing}.{step.after}", done)

    def _word(self, code: str, otherwise: str) -> str:
        return catalogue(self.language).get(code, otherwise)


@dataclass(frozen=True, slots=True)
class CasesPage:
    """`mine` is whoever looks; `wrong` is the case whose form came back with something wrong."""

    cases: Cases
    mine: UUID
    wrong: UUID | None = None

    def may_decide(self, case: Case) -> bool:
        return case.state is CaseState.ASKED and rules.may_decide(case, self.mine)

    def may_look(self, case: Case) -> bool:
        return rules.may_look(case, self.mine, self.cases.now)

    def form(self, case_id: UUID, form: forms.Filled) -> forms.Filled:
        return form if case_id == self.wrong else form.blank()


async def visit(request: Request) -> Response:
    return await _visit(request)


async def ask(request: Request) -> Response:
    visit_id = _id(request, "visit")
    return await acts.act(
        request,
        Asking,
        lambda tx, form: inspect.ask(tx, visit_id=visit_id, opens=form.opens, reason=form.reason),
        page=_visit,
        said=(ReasonMissing,),
        then=f"{VISITS}/{visit_id}",
        wrong=AT_REASON,
        kind=UUID,
    )


async def cases(request: Request) -> Response:
    return await _cases(request)


async def approve(request: Request) -> Response:
    case_id = _id(request, "case")
    return await _act(request, forms.Form, lambda tx, _: inspect.approve(tx, case_id=case_id))


async def reject(request: Request) -> Response:
    case_id = _id(request, "case")
    return await _act(
        request, Declining, lambda tx, form: inspect.reject(tx, case_id=case_id, reason=form.reason)
    )


async def close(request: Request) -> Response:
    case_id = _id(request, "case")
    return await _act(request, forms.Form, lambda tx, _: inspect.close(tx, case_id=case_id))


async def look(request: Request) -> Response:
    """Show who was behind a visit; the person sees every time this was asked."""
    case_id = _id(request, "case")
    view = await reading(
        app_of(request), user(request), lambda tx: inspect.look(tx, case_id=case_id)
    )
    return answer.page(request, "regulator/opened.html", view)


async def _act(
    request: Request, struct: type[F], verb: Callable[[Tx, F], Awaitable[None]]
) -> Response:
    """Do one act on a case; a reason that is missing is said at its own form."""
    page = partial(_cases, wrong=_id(request, "case"))
    return await acts.act(
        request, struct, verb, page=page, said=(ReasonMissing,), then=CASES, wrong=AT_REASON
    )


async def _visit(request: Request, form: forms.Filled | None = None) -> Response:
    visit_id = _id(request, "visit")
    seen = await reading(
        app_of(request), user(request), lambda tx: inspect.visit(tx, visit_id=visit_id)
    )
    view = Page(seen, request.state.language)
    status = 422 if form else 200
    return answer.page(request, "regulator/visit.html", view, status, form=form)


async def _cases(
    request: Request, form: forms.Filled | None = None, wrong: UUID | None = None
) -> Response:
    found = await reading(app_of(request), user(request), inspect.cases)
    view = CasesPage(found, user(request).person_id, wrong)
    status = 422 if form else 200
    return answer.page(request, "regulator/cases.html", view, status, form=form)


def _id(request: Request, name: str) -> UUID:
    id: UUID = request.path_params[name]
    return id


ONE = CASES + "/{case:uuid}"
ROUTES = (
    Route(VISITS + "/{visit:uuid}", visit, methods=["GET"]),
    Route(VISITS + "/{visit:uuid}/ask", ask, methods=["POST"]),
    Route(CASES, cases, methods=["GET"]),
    Route(ONE, look, methods=["GET"]),
    Route(ONE + "/approve", approve, methods=["POST"]),
    Route(ONE + "/reject", reject, methods=["POST"]),
    Route(ONE + "/close", close, methods=["POST"]),
)

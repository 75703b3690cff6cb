"""The house's own rules, checked on the source itself: `make check` starts no database for them."""

import ast
import importlib
import inspect
import pkgutil
import re
from functools import cache
from pathlib import Path

import pytest

import lianyi
from lianyi.access.model import Chart, Desk
from lianyi.access.model.presumed import Presumed, PresumedDesk
from lianyi.journeys.wiring import WIRING
from lianyi.kernel.lifecycle import Lifecycle
from lianyi.kernel.refusal import Refused
from lianyi.kernel.text import LANGUAGES, catalogue

SRC = Path(lianyi.__file__).parent
FILES = sorted(file for file in SRC.rglob("*.py") if "build" not in file.parts)
ROOMS = {folder.name for folder in SRC.iterdir() if (folder / "__init__.py").exists()}
KINDS = ("Invalid", "NotAllowed", "NotFound", "Conflict", "Unavailable", "Refused")
FUNCTION, MODULE = 50, 400  # lines
RULE = re.compile(r"[A-Z]+-\d+")
# Queries that say nothing of a person who is cared for: about places, about staff in their posts,
# about the asking person's own session and application, about a file an institution brought, about
# digests and who signed them, about what was reported under a pseudonym, about apps and what they
# take in bulk, or a bare yes or no about a relation.
CAPABILITIES = {Chart, Desk, Chart | Desk, Presumed, PresumedDesk}
# Acts without a key: passwords, PINs and codes that work once are kept nowhere, whoever comes in or
# goes out does so as often as they like, and each notice of another machine is known by its own id.
KEYLESS = {
    "web/account.py: _change",
    "web/cashier.py: scan",
    "web/demo.py: forward",
    "web/doctor/launching.py: _start",
    "web/doctor/online.py: go_online",
    "web/notify.py: hear",
    "web/sign_in.py: _check_staff",
    "web/sign_in.py: act_for",
    "web/sign_in.py: prove_phone",
    "web/sign_in.py: send_code",
    "web/sign_in.py: sign_out",
    "web/sign_in.py: wear_post",
    "web/signing.py: ask",
    "web/signing.py: unlock",
}
NAMELESS = {
    "access.queries.approvals",
    "access.queries.approvals_by_id",
    "access.queries.approved_here",
    "access.queries.exports",
    "access.queries.exports_by_id",
    "access.queries.fetches",
    "access.queries.is_agreed",
    "access.queries.is_settled",
    "access.queries.live_approvals",
    "access.queries.next_export",
    "access.queries.own_export",
    "access.queries.untidy_exports",
    "access.queries.votes",
    "accounts.queries.ask",
    "accounts.queries.clients",
    "accounts.queries.credentials",
    "accounts.queries.held",
    "accounts.queries.knows_origin",
    "accounts.queries.lent",
    "accounts.queries.own",
    "accounts.queries.phone_of",
    "accounts.queries.refused_at",
    "accounts.queries.sessions",
    "billing.queries.balances",
    "billing.queries.compared_books",
    "billing.queries.differences",
    "billing.queries.drawers",
    "billing.queries.flows",
    "billing.queries.order_slip",
    "billing.queries.priced",
    "billing.queries.prices",
    "billing.queries.prices_at",
    "billing.queries.refund_slip",
    "billing.queries.sellers",
    "billing.queries.statement_slip",
    "billing.queries.states_of",
    "billing.queries.subject_of",
    "booking.queries.closures",
    "booking.queries.days",
    "booking.queries.departments",
    "booking.queries.free",
    "booking.queries.how_many_numbers",
    "booking.queries.numbers",
    "booking.queries.offers",
    "booking.queries.offers_by_id",
    "booking.queries.offers_here",
    "booking.queries.offers_instead",
    "booking.queries.routines",
    "booking.queries.routines_of",
    "booking.queries.session",
    "booking.queries.sessions_by_id",
    "booking.queries.sessions_of",
    "booking.queries.times",
    "consult.queries.offer",
    "consult.queries.offers",
    "consult.queries.offers_of",
    "consult.queries.online_until",
    "consult.queries.quality",
    "consult.queries.stars_of",
    "insurance.queries.asked",
    "insurance.queries.claim_of",
    "insurance.queries.claim_of_bill",
    "insurance.queries.compared_books",
    "insurance.queries.differences",
    "insurance.queries.is_asking",
    "insurance.queries.page",
    "insurance.queries.slip",
    "orders.queries.items",
    "people.queries.application",
    "people.queries.applications_of",
    "people.queries.departments_of",
    "people.queries.doctors_of",
    "people.queries.hat",
    "people.queries.identity_on",
    "people.queries.institutions",
    "people.queries.institutions_of",
    "people.queries.may_act_for",
    "people.queries.member",
    "people.queries.members_of",
    "people.queries.names_at",
    "people.queries.on_duty",
    "people.queries.posts",
    "people.queries.posts_of",
    "people.queries.practice",
    "people.queries.reach_of",
    "people.queries.staff_of",
    "people.queries.staffed",
    "pharmacy.queries.batch",
    "pharmacy.queries.batches",
    "pharmacy.queries.free",
    "pharmacy.queries.seller",
    "pharmacy.queries.sellers",
    "pharmacy.queries.sold",
    "pharmacy.queries.totals",
    "pharmacy.queries.trace",
    "prescribing.queries.approvals",
    "prescribing.queries.quality",
    "prescribing.queries.standing",
    "records.queries.bringing",
    "records.queries.delivered",
    "records.queries.imported",
    "records.queries.next_bringing",
    "records.queries.owner_of",
    "records.queries.parts",
    "records.queries.progress",
    "records.queries.refusals",
    "records.queries.untidy_bringings",
    "signatures.queries.certificates_of",
    "signatures.queries.checked",
    "signatures.queries.held",
    "signatures.queries.of",
    "signatures.queries.owed",
    "signatures.queries.own",
    "supervision.queries.cases",
    "supervision.queries.counts",
    "supervision.queries.held",
    "supervision.queries.tallies",
    "supervision.queries.tally_slip",
    "supervision.queries.trail",
    "supervision.queries.trailed",
    "supervision.queries.troubled",
    "supervision.queries.uploads",
}
# A simulator is another machine: it has its own clock, and its own randomness.
OTHER_MACHINES = "links/simulators/"


def where(file):
    return file.relative_to(SRC).as_posix()


def modules():
    for info in pkgutil.walk_packages([str(SRC)], "lianyi."):
        if not info.name.endswith("__main__"):
            yield info.name, importlib.import_module(info.name)


@cache
def tree(file):
    return ast.parse(file.read_text())


def intruders(parsed, room):
    """Return the `tables` modules of other rooms that a file imports."""
    for node in ast.walk(parsed):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            parts = name.split(".")
            if parts[0] == "lianyi" and "tables" in parts and parts[1] != room:
                yield name


def refusals():
    dict(modules())
    kinds = [Refused]
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        if kind.__module__.startswith("lianyi") and kind.__name__ not in KINDS:
            yield kind.code.fget(kind.__new__(kind))


def lifecycles():
    for name, module in modules():
        if name.endswith(".states"):
            yield from (one for one in vars(module).values() if isinstance(one, Lifecycle))


def findings():
    """Return the codes of the findings that name a rule and what of it is not met."""
    for file in FILES:
        for node in ast.walk(tree(file)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Finding":
                said = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
                if len(said) == len(node.args) == 2 and RULE.fullmatch(said[0]):
                    yield ".".join((where(file).split("/")[0], *said))


def test_tables_are_imported_only_inside_their_room():
    found = {
        where(file): names
        for file in FILES
        if (names := list(intruders(tree(file), file.relative_to(SRC).parts[0])))
    }
    assert found == {}


@pytest.mark.parametrize(
    "source",
    [
        "from lianyi.people import tables",
        "from lianyi.people.tables import registry",
        "import lianyi.people.tables.cards as t",
    ],
)
def test_the_rule_sees_every_way_to_import(source):
    assert list(intruders(ast.parse(source), "booking"))
    assert not list(intruders(ast.parse(source), "people"))


def test_every_public_query_on_persons_demands_a_capability():
    nameless = set()
    for name, module in modules():
        if name.endswith(".queries"):
            for verb, function in inspect.getmembers(module, inspect.iscoroutinefunction):
                if verb.startswith("_"):
                    continue
                takes = set(inspect.get_annotations(function, eval_str=True).values())
                if function.__module__ == name and not takes & CAPABILITIES:
                    nameless.add(f"{name.removeprefix('lianyi.')}.{verb}")
    assert nameless == NAMELESS


def test_every_act_of_a_page_is_done_once():
    """A form that a browser sends twice is one act; what has no key says why beside it, or here."""
    found = {
        f"{where(file)}: {function.name}"
        for file in FILES
        if where(file).startswith("web/")
        for function in ast.walk(ast.parse(file.read_text()))
        if isinstance(function, ast.AsyncFunctionDef)
        for call in ast.walk(function)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "within"
        and "once" not in {keyword.arg for keyword in call.keywords}
    }
    assert found == KEYLESS


def test_capabilities_are_made_only_by_the_doors():
    makers = {where(file) for file in FILES if re.search(r"\b(Chart|Desk)\(", file.read_text())}
    assert makers == {"access/service/__init__.py"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_has_words(language):
    assert set(refusals()) - set(catalogue(language)) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_has_words(language):
    states = {f"{cycle.table}.{move.to}" for cycle in lifecycles() for move in cycle.moves}
    assert states - set(catalogue(language)) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_finding_has_words(language):
    assert set(findings()) - set(catalogue(language)) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_errand_and_the_room_of_every_event_have_words(language):
    errands = {f"errand.{one.kind}" for one in (*WIRING.errands, *WIRING.hooks)}
    rooms = {f"room.{name.split('.')[0]}" for name in WIRING.kinds}
    assert (errands | rooms) - set(catalogue(language)) == set()


def test_all_languages_say_the_same_things():
    assert set(catalogue("zh")) == set(catalogue("en"))


def test_no_words_are_left_of_refusals_that_are_gone():
    spoken = {
        code
        for code in catalogue("zh")
        if re.fullmatch(r"[a-z]+\.[A-Z]\w+", code) and code.split(".")[0] in ROOMS
    }
    assert spoken - set(refusals()) - set(KINDS) == set()


def test_words_fill_in_only_what_a_refusal_carries():
    """A placeholder that is missing would turn a refusal into a bug."""
    dict(modules())
    kinds = [Refused]
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        if not kind.__module__.startswith("lianyi") or kind.__name__ in KINDS:
            continue
        carried = set(getattr(kind, "__dataclass_fields__", {}))
        code = kind.code.fget(kind.__new__(kind))
        for language in LANGUAGES:
            wanted = set(re.findall(r"\{(\w+)\}", catalogue(language)[code]))
            assert wanted <= carried, f"{language} {code}"


def test_only_main_has_a_clock_and_days_are_made_in_one_place():
    for file in FILES:
        text, place = file.read_text(), where(file)
        if place == "main.py" or place.startswith(OTHER_MACHINES):
            continue
        assert not re.search(r"\bnow\(\)|CURRENT_(DATE|TIMESTAMP)|clock_timestamp", text), place
        assert "datetime.now" not in text, place
        assert ".date()" not in text or place == "kernel/time.py", place


def test_no_function_is_longer_than_fifty_lines():
    for file in FILES:
        for node in ast.walk(tree(file)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno - node.lineno < FUNCTION, f"{where(file)}: {node.name}"


def test_no_module_is_longer_than_four_hundred_lines():
    long = {where(file) for file in FILES if len(file.read_text().splitlines()) > MODULE}
    assert long == set()


def test_every_module_says_why_it_exists():
    silent = {
        where(file) for file in FILES if file.read_text() and ast.get_docstring(tree(file)) is None
    }
    assert silent == set()

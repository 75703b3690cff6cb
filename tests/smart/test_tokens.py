"""From the browser to the token and back out again, with everything that must not work."""

import asyncio
import hmac
from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from lianyi.access.model import Purpose, Sensitive
from lianyi.accounts import service as accounts
from lianyi.cli.tour.page import NoSuchForm
from lianyi.journeys import app_launch, app_tokens, apps
from lianyi.kernel.actor import NOWHERE, system
from lianyi.kernel.work import within
from tests.records import make
from tests.smart.conftest import (
    BACK,
    CHALLENGE,
    EC,
    FHIR,
    HERE,
    KEYS,
    RSA,
    STATE,
    VERIFIER,
    document,
    returned,
    whole,
)

APP = "https://app.test"
OWN = "patient/Observation.rs patient/Condition.rs"


async def test_a_person_lets_an_app_read_and_it_reads(diary, patients, ward):
    """INT-01, INT-04: from the authorize endpoint to the record."""
    body = make.observation(ward.person_id)
    await ward.publish(body, make.condition(ward.person_id))
    back = await diary.agreed(patients, f"openid fhirUser launch/patient {OWN}", nonce="n-1")
    assert back["state"] == STATE
    answer = await diary.token(code=back["code"])
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    given = answer.json()
    assert given["token_type"] == "Bearer"
    assert given["expires_in"] <= 3600
    assert given["patient"] == str(ward.person_id)
    assert given["need_patient_banner"] is True
    assert set(given["scope"].split()) >= set(OWN.split())
    assert "refresh_token" not in given
    found = await diary.get("Observation", given["access_token"])
    assert [e["resource"]["id"] for e in found.json()["entry"]] == [body["id"]]
    assert (await diary.get("Encounter", given["access_token"])).status_code == 403
    keys = KeySet.import_key_set((await diary.http.get("/smart/jwks")).json())
    told = jwt.decode(given["id_token"], keys, algorithms=["ES384"]).claims
    assert (told["iss"], told["aud"], told["nonce"]) == (HERE, diary.id, "n-1")
    assert told["fhirUser"] == f"{FHIR}/Patient/{ward.person_id}"


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"state": None}, "invalid_request"),
        ({"state": "a\x00b"}, "invalid_request"),
        ({"state": "s" * 15}, "invalid_request"),  # INT-02: it can't be random enough
        ({"nonce": "a\x00b"}, "invalid_request"),
        ({"aud": "https://elsewhere.test/fhir"}, "invalid_request"),
        ({"aud": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "patient/Observation.sr"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
        ({"launch": "made-up", "scope": f"launch {OWN}"}, "invalid_request"),
    ],
)
async def test_a_request_that_is_wrong_goes_back_with_its_error(diary, patients, wrong, error):
    """INT-01: S256 only. INT-02: a state. INT-04: scopes as they are written."""
    asked = {"scope": OWN, **wrong}
    assert returned(await diary.bring(patients, **asked))["error"] == error


@pytest.mark.parametrize(
    "wrong",
    [
        {"redirect_uri": "https://app.test/cb"},
        {"redirect_uri": BACK + "&more=1"},
        {"redirect_uri": "https://evil.test/cb"},
        {"redirect_uri": None},
        {"client_id": "00000000-0000-0000-0000-000000000000"},
        {"client_id": "no-id"},
    ],
)
async def test_nobody_is_sent_to_an_address_that_is_not_registered(diary, patients, wrong):
    """INT-02: exact, to the letter; the browser stays here."""
    answer = await diary.bring(patients, OWN, **wrong)
    assert answer.status_code == 400
    assert "location" not in answer.headers


async def test_a_code_works_once_and_a_second_try_ends_what_it_gave(diary, patients, ward):
    """INT-14: one of the two has stolen it."""
    code = (await diary.agreed(patients, f"{OWN} offline_access"))["code"]
    given = (await diary.token(code=code)).json()
    again = await diary.token(code=code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert (await diary.get("Observation", given["access_token"])).status_code == 401
    renewed = await diary.token("refresh_token", refresh_token=given["refresh_token"])
    assert renewed.json()["error"] == "invalid_grant"


async def test_of_two_who_bring_a_code_at_once_neither_keeps_anything(diary, patients):
    """INT-14: under real concurrency too."""
    code = (await diary.agreed(patients, OWN))["code"]
    answers = await asyncio.gather(*(diary.token(code=code) for _ in range(4)))
    (won,) = (answer for answer in answers if answer.status_code == 200)
    assert (await diary.get("Observation", won.json()["access_token"])).status_code == 401


@pytest.mark.parametrize(
    "wrong",
    [
        {"code_verifier": "w" * 43},
        {"code_verifier": CHALLENGE},
        {"code_verifier": None},
        {"redirect_uri": "https://app.test/cb"},
        {"redirect_uri": None},
    ],
)
async def test_a_code_is_redeemed_only_with_its_verifier_and_address(diary, patients, wrong):
    """INT-01, INT-02; a wrong try uses it up."""
    code = (await diary.agreed(patients, OWN))["code"]
    refused = await diary.token(code=code, **wrong)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert (await diary.token(code=code)).json()["error"] == "invalid_grant"


async def test_a_code_is_no_other_apps_and_lives_a_minute(diary, company, patients, clock):
    """INT-14"""
    other = await company()
    code = (await diary.agreed(patients, OWN))["code"]
    assert (await other.token(code=code)).json()["error"] == "invalid_grant"
    clock.forward(seconds=61)
    assert (await diary.token(code=code)).json()["error"] == "invalid_grant"


async def test_an_app_with_a_secret_needs_it(company, patients):
    firm = await company(
        (Purpose.OWN, "patient/*.rs"), token_endpoint_auth_method="client_secret_basic"
    )
    for wrong in (None, "", "guess"):
        code = (await firm.agreed(patients, OWN))["code"]
        refused = await firm.token(code=code, client_secret=wrong)
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
    form["code_verifier"] = VERIFIER
    basic = await firm.http.post("/smart/token", data=form, auth=(firm.id, firm.secret))
    assert basic.status_code == 200


async def test_refresh_tokens_turn_and_one_that_comes_again_ends_all(diary, patients, clock):
    """INT-14"""
    first = await diary.tokens(patients, f"{OWN} offline_access")
    clock.forward(hours=2)
    assert (await diary.get("Observation", first["access_token"])).status_code == 401
    second = (await diary.token("refresh_token", refresh_token=first["refresh_token"])).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert (await diary.get("Observation", second["access_token"])).status_code == 200
    stolen = await diary.token("refresh_token", refresh_token=first["refresh_token"])
    assert stolen.json()["error"] == "invalid_grant"
    assert (await diary.get("Observation", second["access_token"])).status_code == 401
    ended = await diary.token("refresh_token", refresh_token=second["refresh_token"])
    assert ended.json()["error"] == "invalid_grant"


async def test_refreshing_ends_with_what_the_person_said(diary, patients, clock):
    """INT-14: an absolute end."""
    given = await diary.tokens(patients, f"{OWN} offline_access", days="7")
    clock.forward(days=6)
    given = (await diary.token("refresh_token", refresh_token=given["refresh_token"])).json()
    clock.forward(days=1, seconds=1)
    ended = await diary.token("refresh_token", refresh_token=given["refresh_token"])
    assert ended.json()["error"] == "invalid_grant"


async def test_a_refresh_may_ask_for_less_and_never_for_more(diary, patients, ward):
    """INT-04"""
    given = await diary.tokens(patients, f"{OWN} offline_access")
    refresh = given["refresh_token"]
    more = await diary.token("refresh_token", refresh_token=refresh, scope=f"{OWN} patient/*.rs")
    assert (more.status_code, more.json()["error"]) == (400, "invalid_scope")
    less = await diary.token("refresh_token", refresh_token=refresh, scope="patient/Observation.r")
    assert less.json()["scope"] == "patient/Observation.r"
    token = less.json()["access_token"]
    assert (await diary.get("Observation", token)).status_code == 403
    whole = await diary.token("refresh_token", refresh_token=less.json()["refresh_token"])
    assert set(whole.json()["scope"].split()) >= set(OWN.split())


async def test_online_access_ends_with_the_browsers_session(diary, patients, place_of):
    """INT-14: when nobody sits there, nothing is renewed."""
    given = await diary.tokens(patients, f"{OWN} online_access")
    renewed = await diary.token("refresh_token", refresh_token=given["refresh_token"])
    assert renewed.status_code == 200
    await place_of(patients)
    refresh = renewed.json()["refresh_token"]
    ended = await diary.token("refresh_token", refresh_token=refresh)
    assert ended.json()["error"] == "invalid_grant"


@pytest.fixture
def place_of(app):
    """Sign a browser out."""

    async def out(reader):
        page = await reader.get("/me")
        await reader.submit(page, "/sign-out")

    return out


async def consents_of(ward):
    """Return the states of the patient's consents in the record."""
    sql = "SELECT status FROM records.resource WHERE type = 'Consent' AND owner = $1"
    return {status for (status,) in await ward.place.rows(sql, ward.person_id)}


async def test_who_takes_it_back_on_the_page_ends_it_at_once(diary, patients, ward):
    """PRI-04: two taps, and no token is worth anything. PRI-10: the record says both."""
    given = await diary.tokens(patients, f"{OWN} offline_access")
    assert (await diary.get("Observation", given["access_token"])).status_code == 200
    page = await patients.get("/record/apps")
    assert page.says("血压日记")
    assert await consents_of(ward) == {"active"}
    await patients.submit(page, "/record/apps/withdraw")
    assert await consents_of(ward) == {"inactive"}
    refused = await diary.get("Observation", given["access_token"])
    assert refused.status_code == 401
    assert 'error="invalid_token"' in refused.headers["www-authenticate"]
    renewed = await diary.token("refresh_token", refresh_token=given["refresh_token"])
    assert renewed.json()["error"] == "invalid_grant"


async def test_a_withdrawn_approval_ends_every_persons_tokens_at_once(diary, patients, ward):
    """CAP-39"""
    approval = await ward.place.rows("SELECT id FROM access.approval WHERE app_id = $1", diary.id)
    given = await diary.tokens(patients, OWN)
    admin = await ward.place.admin()
    await ward.place.do(admin, apps.withdraw_approval, approval_id=approval[0][0], why="合同到期")
    assert (await diary.get("Observation", given["access_token"])).status_code == 401
    assert (await diary.bring(patients, OWN)).status_code == 400


async def test_a_lost_phone_puts_apps_out_too(diary, patients, ward):
    given = await diary.tokens(patients, f"{OWN} offline_access")
    await ward.place.do(ward.place.office, accounts.sign_out_everywhere, person_id=ward.person_id)
    assert (await diary.get("Observation", given["access_token"])).status_code == 401


async def test_to_refuse_is_as_easy_and_the_app_hears_no_more(diary, patients):
    """PRI-04"""
    back = await diary.agreed(patients, OWN, verb="refuse")
    assert back == {"error": "access_denied", "state": STATE}


async def test_who_has_refused_is_not_asked_again_and_again(diary, patients, sitting, ward, clock):
    """PRI-05: not within 48 hours, but that the person wants to be asked."""
    await diary.agreed(patients, OWN, verb="refuse")
    led = (await diary.bring(patients, OWN)).headers["location"]
    page = await patients.get(led)
    assert page.says("因此不再询问")
    with pytest.raises(NoSuchForm):
        page.form(f"{led}/agree")
    back = returned(
        await patients.http.post(f"{led}/refuse", data=page.form(f"{led}/refuse").fields)
    )
    assert back["error"] == "access_denied"
    led = (await diary.bring(patients, OWN)).headers["location"]
    again = await patients.get(f"{led}?again=1")
    await patients.http.post(
        f"{led}/agree", data={**again.form(f"{led}/agree").fields, "days": "7"}
    )
    led = (await diary.bring(patients, OWN)).headers["location"]
    assert not (await patients.get(led)).says("因此不再询问")  # the last word was a yes
    await diary.agreed(patients, OWN, verb="refuse")
    clock.forward(hours=48, seconds=1)
    later = await sitting(ward.patient)  # who has to sign in anew by then
    assert (await diary.agreed(later, OWN, verb="refuse"))["error"] == "access_denied"


async def test_a_second_device_puts_the_first_out_only_where_it_is_given_less(diary, patients):
    """PRI-04, PRI-02."""
    first = await diary.tokens(patients, OWN)
    second = await diary.tokens(patients, OWN)
    for given in (first, second):
        assert (await diary.get("Observation", given["access_token"])).status_code == 200
    third = await diary.tokens(patients, "patient/Patient.r")
    assert (await diary.get("Observation", third["access_token"])).status_code == 403
    for given in (first, second):
        assert (await diary.get("Observation", given["access_token"])).status_code == 401


async def test_an_answer_is_given_once(diary, patients):
    led = (await diary.bring(patients, OWN)).headers["location"]
    page = await patients.get(led)
    form = page.form(f"{led}/agree")
    for _ in range(2):  # a second click is the first one
        answer = await patients.http.post(form.action, data={**form.fields, "days": "7"})
        assert answer.status_code == 303
    assert (await patients.get(led)).status == 404


async def test_the_page_says_who_what_for_what_and_how_long_and_ticks_nothing(
    diary, patients, ward
):
    """PRI-02, PRI-09, PRI-11"""
    led = (await diary.bring(patients, f"{OWN} offline_access")).headers["location"]
    answer = await patients.http.get(led)
    for told in ("青山数字健康有限公司", "privacy@app.test", "青山市第一人民医院", "本人查看"):
        assert told in answer.text
    for told in ("检查检验结果和体征", "诊断和病史", "您不在时它也能继续使用", "敏感内容"):
        assert told in answer.text
    boxes = [part for part in answer.text.split("<input") if 'type="checkbox"' in part]
    assert len(boxes) == len(Sensitive) - 1
    assert not any("checked" in box.split(">")[0] for box in boxes)
    assert "genetics" not in answer.text
    assert "form-action 'self' https://app.test" in answer.headers["content-security-policy"]


async def test_a_class_is_read_by_its_own_tick(diary, patients, ward):
    """PRI-02"""
    secret = make.condition(ward.person_id, code="B24", text="HIV")
    await ward.publish(secret, classes=frozenset({Sensitive.INFECTION}))
    plain = await diary.tokens(patients, OWN)
    assert "entry" not in (await diary.get("Condition", plain["access_token"])).json()
    ticked = await diary.tokens(patients, OWN, classes=["infection"])
    found = (await diary.get("Condition", ticked["access_token"])).json()
    assert len(found["entry"]) == 1
    assert (await diary.get("Condition", plain["access_token"])).status_code == 401


async def test_nobody_is_asked_about_an_app_that_no_hospital_approved(company, patients):
    """CAP-39"""
    firm = await company()
    for wrong in ({}, {"response_type": "token"}):  # INT-02: nor is anybody sent to its address
        assert (await firm.bring(patients, OWN, **wrong)).status_code == 400
    other = await company((Purpose.TREAT, "user/*.rs patient/*.rs"))
    led = (await other.bring(patients, OWN)).headers["location"]
    assert (await patients.get(led)).status == 409


async def test_an_app_gets_no_more_than_it_registered_and_a_hospital_approved(company, patients):
    """INT-04"""
    firm = await company((Purpose.OWN, "patient/*.rs"), scope="patient/Observation.cruds")
    given = await firm.tokens(patients, "patient/*.cruds offline_access")
    assert given["scope"] == "patient/Observation.rs"
    assert "refresh_token" not in given


async def test_a_token_is_no_cookie_and_a_cookie_no_token(diary, patients, ward):
    """INT-15: where a token is given, nothing else is asked; and no page takes one."""
    given = await diary.tokens(patients, OWN)
    cookie = {"cookie": "; ".join(f"{n}={v}" for n, v in patients.http.cookies.items())}
    for wrong in ("nonsense", "", "x" * 300):
        assert (await diary.get("Observation", wrong, **cookie)).status_code == 401
    headers = {"authorization": f"Bearer {given['access_token']}"}
    page = await diary.http.get("/record", headers=headers)
    assert page.headers["location"].startswith("/sign-in")
    asks = await diary.http.get("/fhir/R4/Observation")
    assert asks.headers["www-authenticate"] == 'Bearer realm="lianyi"'
    basic = await patients.http.get("/fhir/R4/Observation", auth=("me", "me"))
    assert basic.status_code == 401


async def test_a_doctor_starts_an_app_for_a_patient(company, sitting, ward):
    """INT-04: launch context; the app sees that patient and nobody else's start works for it."""
    await ward.publish(make.observation(ward.person_id))
    firm = await company((Purpose.TREAT, "patient/*.rs user/*.rs"))
    launch = await ward.place.do(
        ward.doctor,
        app_launch.launch,
        client_id=firm.program.app_id,
        patient_id=ward.person_id,
        encounter="visit-1",
    )
    doctor = await sitting(ward.doctor)
    scope = "launch openid fhirUser patient/Observation.rs"
    led = (await firm.bring(doctor, scope, launch=launch)).headers["location"]
    other = await sitting(await ward.place.appoint(ward.doctor.role))
    assert (await other.get(led)).status == 404
    page = await doctor.get(led)
    assert page.says("打开应用")
    form = page.form(f"{led}/agree")
    answer = await doctor.http.post(form.action, data=form.fields)
    given = (await firm.token(code=returned(answer)["code"])).json()
    assert (given["patient"], given["encounter"]) == (str(ward.person_id), "visit-1")
    found = (await firm.get("Observation", given["access_token"])).json()
    assert len(found["entry"]) == 1
    again = await firm.bring(doctor, scope, launch=launch)
    assert returned(again)["error"] == "invalid_request"


async def test_a_service_proves_itself_with_its_key_for_five_minutes(company, ward, clock):
    """INT-03"""
    await ward.publish(make.observation(ward.person_id))
    firm = await company(
        (Purpose.TREAT, "system/*.rs"), token_endpoint_auth_method="private_key_jwt", jwks=KEYS
    )
    for key, alg in ((EC, "ES384"), (RSA, "RS384")):
        answer = await firm.serve("system/*.rs", firm.assertion(key=key, alg=alg))
        assert answer.status_code == 200, answer.text
        given = answer.json()
        assert given["expires_in"] <= 300
        assert "refresh_token" not in given
        assert given["scope"] == "system/*.rs lianyi/purpose.treat"
        assert len((await firm.get("Observation", given["access_token"])).json()["entry"]) == 1
    clock.forward(seconds=301)
    assert (await firm.get("Observation", given["access_token"])).status_code == 401


@pytest.fixture
async def machine(company):
    """A backend service, approved for treating."""
    return await company(
        (Purpose.TREAT, "system/*.rs"), token_endpoint_auth_method="private_key_jwt", jwks=KEYS
    )


def forged(firm, alg, key=b""):
    """Return an assertion whose header says that its signature is no public key's."""
    head = urlsafe_b64encode(b'{"alg":"%s","kid":"ec"}' % alg.encode()).rstrip(b"=").decode()
    body = firm.assertion().split(".")[1]
    mac = hmac.digest(key, f"{head}.{body}".encode(), "sha256") if key else b""
    return f"{head}.{body}.{urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def at(now, **later):
    return int((now + timedelta(**later)).timestamp())


WRONG = {
    "expired": lambda now: {"exp": at(now, seconds=-1)},
    "for too long": lambda now: {"exp": at(now, minutes=6)},
    "not yet": lambda now: {"nbf": at(now, seconds=60)},
    "without an end": lambda _: {"exp": None},
    "without a jti": lambda _: {"jti": ""},
    "with a jti that is no text": lambda _: {"jti": "a\x00b"},
    "with numbers that are none": lambda _: {"exp": "soon"},
    "for another server": lambda _: {"aud": "authorize"},
    "of another": lambda _: {"sub": "somebody"},
    "with another algorithm": lambda _: {"key": RSA, "alg": "RS256"},
    "by another key": lambda _: {"key": ECKey.generate_key("P-384", {"kid": "ec"})},
}


@pytest.mark.parametrize("alg", ["none", "HS256"])
async def test_an_assertion_does_not_choose_how_it_is_checked(machine, alg):
    """INT-15: neither none, nor our knowledge of the public key as a shared secret."""
    for key in (b"", EC.as_pem(private=False), EC.as_der(private=False)):
        answer = await machine.serve("system/*.rs", forged(machine, alg, key))
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert (await machine.serve("system/*.rs", "a.b.c")).status_code == 401


@pytest.mark.parametrize("why", WRONG)
async def test_an_assertion_that_is_wrong_in_any_way_proves_nothing(machine, app, why):
    """INT-03, INT-15"""
    answer = await machine.serve("system/*.rs", machine.assertion(**WRONG[why](app.clock())))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_an_assertion_counts_once(machine):
    """INT-03: jti"""
    said = machine.assertion()
    assert (await machine.serve("system/*.rs", said)).status_code == 200
    assert (await machine.serve("system/*.rs", said)).status_code == 401


async def test_what_was_asserted_is_forgotten_when_nobody_believes_it_any_more(machine, app, clock):
    """INT-03"""
    old, young = f"old {machine.id}", f"young {machine.id}"

    def forget():
        return within(app, system("worker", NOWHERE), app_tokens.forget)

    said = machine.assertion(jti=old)
    assert (await machine.serve("system/*.rs", said)).status_code == 200
    clock.forward(minutes=6)
    await forget()
    assert (await machine.serve("system/*.rs", said)).status_code == 401
    clock.forward(minutes=60)
    assert (await machine.serve("system/*.rs", machine.assertion(jti=young))).status_code == 200
    assert await forget() >= 1
    assert (await machine.serve("system/*.rs", said)).status_code == 401
    kept = await app.pool.fetch(
        "SELECT jti FROM accounts.assertion WHERE jti = ANY ($1)", [old, young]
    )
    assert [row["jti"] for row in kept] == [young]


async def test_who_signs_elsewhere_has_the_machines_time_also_where_a_demo_is_ahead_of_it(
    machine, app
):
    """INT-03: for five minutes and once, by the clock that both have."""
    real = app.clock() - timedelta(days=3)
    demo = httpx.ASGITransport(whole(replace(app, machine=lambda: real)))
    async with httpx.AsyncClient(transport=demo, base_url=HERE) as machine.http:
        said = machine.assertion(exp=at(real, minutes=4))
        assert (await machine.serve("system/*.rs", said)).status_code == 200
        for wrong in (said, machine.assertion(), machine.assertion(exp=at(real, seconds=-1))):
            assert (await machine.serve("system/*.rs", wrong)).status_code == 401


async def test_a_service_reads_at_the_hospital_that_approved_it_only(machine, elsewhere, ward):
    """PRI-10, CAP-39: another tenant's approval is its own."""
    answer = await machine.serve("system/*.rs", institution=str(elsewhere.place.id))
    assert answer.json()["error"] == "unauthorized_client"
    other = type(machine.program)(elsewhere.place, machine.program.app_id)
    await other.approved("system/Condition.rs")
    assert (await machine.serve("system/*.rs")).json()["error"] == "invalid_request"
    there = await machine.serve("system/*.rs", institution=str(elsewhere.place.id))
    assert there.json()["scope"] == "system/Condition.rs lianyi/purpose.treat"


async def test_a_service_asks_for_no_persons_scopes_and_no_purpose(machine):
    for scope in ("patient/*.rs", "user/*.rs", "openid", "lianyi/purpose.pay", ""):
        assert (await machine.serve(scope)).json()["error"] == "invalid_scope", scope


async def test_an_app_hears_of_its_own_tokens_only(company, machine, patients):
    """RFC 7662, RFC 7009"""
    firm = await company(
        (Purpose.OWN, "patient/*.rs"), token_endpoint_auth_method="client_secret_post"
    )
    given = await firm.tokens(patients, f"openid fhirUser {OWN}")
    form = {"token": given["access_token"], "client_id": firm.id, "client_secret": firm.secret}
    told = (await firm.http.post("/smart/introspect", data=form)).json()
    assert (told["active"], told["client_id"]) == (True, firm.id)
    assert told["patient"] == str(firm.ward.person_id)
    proof = {
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": machine.assertion(aud="introspect"),
    }
    other = await firm.http.post("/smart/introspect", data={"token": form["token"], **proof})
    assert other.json() == {"active": False}
    form_of_nobody = {"token": form["token"], "client_id": firm.id, "client_secret": "guess"}
    refused = await firm.http.post("/smart/introspect", data=form_of_nobody)
    assert refused.status_code == 401
    assert (await firm.http.post("/smart/revoke", data=form)).status_code == 200
    assert (await firm.http.post("/smart/introspect", data=form)).json() == {"active": False}
    assert (await firm.get("Observation", given["access_token"])).status_code == 401


@pytest.mark.parametrize(
    "wrong",
    [
        {"credit_code": "91370000000000000X"},
        {"client_name": ""},
        {"client_name": "a\x00b"},
        {"institutions": ["00000000-0000-0000-0000-000000000000"]},
        {"description": "a\x00b"},
        {"contacts": "privacy@app.test"},
        {"redirect_uris": ["http://app.test/cb"]},
        {"redirect_uris": ["https://app.test/*"]},
        {"redirect_uris": ["https://app.test/cb#x"]},
        {"redirect_uris": ["https://user@app.test/cb"]},
        {"redirect_uris": ["javascript:alert(1)"]},
        {"redirect_uris": []},
        {"scope": "patient/Observation.sr"},
        {"scope": "patient/Observation.rs patient/MolecularSequence.rs"},
        {"scope": ""},
        {"token_endpoint_auth_method": "client_secret_jwt"},
        {"token_endpoint_auth_method": "private_key_jwt"},
        {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": []}},
        {"token_endpoint_auth_method": "private_key_jwt", "jwks": EC.as_dict(private=True)},
        {
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks": {"keys": [EC.as_dict(private=True)]},
        },
        {"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "http://app.test/jwks"},
        {"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "https://app.test/jwks"},
        {
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks_uri": "https://app.test/jwks",
            "jwks": KEYS,
        },
    ],
)
async def test_an_app_that_can_not_be_so_is_not_registered(http, wrong):
    """INT-02, INT-15"""
    answer = await http.post("/smart/register", json=document(**wrong))
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("invalid_")


@pytest.mark.parametrize(
    "path",
    [
        "/.well-known/smart-configuration",
        "/fhir/R4/.well-known/smart-configuration",
        "/.well-known/openid-configuration",
    ],
)
async def test_everybody_finds_out_what_there_is(http, path):
    """INT-01, INT-05"""
    answer = await discovered(http, path)
    told = answer.json()
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert told["token_endpoint"] == f"{HERE}/smart/token"
    assert set(told["token_endpoint_auth_signing_alg_values_supported"]) == {"RS384", "ES384"}


async def discovered(http, path):
    """Read as a page of whatever origin does, with and without headers that are asked about."""
    anybody = {"origin": "https://anybody.test"}
    flight = await http.options(path, headers={**anybody, "access-control-request-method": "GET"})
    assert flight.status_code == 204
    answer = await http.get(path, headers=anybody)
    assert answer.status_code == 200
    for each in (flight, answer):
        assert each.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in each.headers
    return answer


async def test_everybody_finds_out_what_the_server_does(http):
    """INT-05; SMART App Launch 2.2 asks for it before anybody is known."""
    answer = await discovered(http, "/fhir/R4/metadata")
    assert answer.json()["resourceType"] == "CapabilityStatement"


async def test_bundles_go_to_the_server_itself(diary, patients):
    """INT-05"""
    given = await diary.tokens(patients, OWN)
    asked = {"resourceType": "Bundle", "type": "batch"}
    for origin, opened in (("https://app.test", "https://app.test"), ("https://evil.test", None)):
        asks = {"origin": origin, "access-control-request-method": "POST"}
        flight = await diary.http.options("/fhir/R4", headers=asks)
        assert flight.headers.get("access-control-allow-origin") == opened
        headers = {"origin": origin, "authorization": f"Bearer {given['access_token']}"}
        answer = await diary.http.post("/fhir/R4", json=asked, headers=headers)
        assert answer.status_code == 200
        assert answer.headers.get("access-control-allow-origin") == opened


async def test_only_pages_of_registered_apps_may_ask(diary, patients):
    """INT-05"""
    given = await diary.tokens(patients, OWN)
    for path in ("/fhir/R4/Observation", "/fhir/R4/metadata/1", "/smart/token"):
        for origin, opened in (
            ("https://app.test", "https://app.test"),
            ("https://evil.test", None),
        ):
            asks = {"origin": origin, "access-control-request-method": "POST"}
            flight = await diary.http.options(path, headers=asks)
            assert flight.headers.get("access-control-allow-origin") == opened
            assert "access-control-allow-credentials" not in flight.headers
            answer = await diary.get("Observation", given["access_token"], origin=origin)
            assert answer.headers.get("access-control-allow-origin") == opened


async def test_the_person_sees_which_app_read(diary, patients, ward):
    """CAP-38, EMR-05"""
    given = await diary.tokens(patients, OWN)
    await diary.get("Observation", given["access_token"])
    page = await patients.get("/record/readings")
    assert page.says("血压日记")
    whole = (await patients.http.get("/record/export")).json()
    agents = [
        agent["who"]["identifier"]
        for entry in whole["entry"]
        if entry["resource"]["resourceType"] == "AuditEvent"
        for agent in entry["resource"]["agent"]
        if "identifier" in agent["who"]
    ]
    assert {"system": "urn:lianyi:app", "value": diary.id} in agents


async def test_the_capabilities_say_where_apps_come_in(http):
    """INT-01: for clients that read the statement instead of .well-known."""
    security = (await http.get("/fhir/R4/metadata")).json()["rest"][0]["security"]
    (service,) = security["service"]
    assert service["coding"][0]["code"] == "SMART-on-FHIR"
    (uris,) = security["extension"]
    told = {one["url"]: one["valueUri"] for one in uris["extension"]}
    found = (await http.get("/.well-known/smart-configuration")).json()
    assert told["authorize"] == found["authorization_endpoint"]
    assert told["token"] == found["token_endpoint"]
    assert told["register"] == found["registration_endpoint"]
    assert told["introspect"] == found["introspection_endpoint"]
    assert told["revoke"] == found["revocation_endpoint"]


async def test_an_app_writes_with_its_token_what_its_scopes_permit(company, patients, ward):
    """INT-04"""
    app = await company((Purpose.OWN, "patient/Observation.cruds patient/Condition.rs"))
    given = await app.tokens(patients, "patient/Observation.crs patient/Condition.cruds")
    token = {"authorization": f"Bearer {given['access_token']}"}
    body = make.observation(ward.person_id)
    del body["id"]
    made = await app.http.post("/fhir/R4/Observation", json=body, headers=token)
    assert made.status_code == 201, made.text
    id = made.json()["id"]
    read = await app.get(f"Observation/{id}", given["access_token"])
    assert read.status_code == 200
    keyed = {**token, "idempotency-key": "one-and-the-same"}
    made = await app.http.post("/fhir/R4/Observation", json=body, headers=keyed)
    other = await company((Purpose.OWN, "patient/Observation.cruds"))
    theirs = await other.tokens(patients, "patient/Observation.crs")
    keyed["authorization"] = f"Bearer {theirs['access_token']}"
    again = await app.http.post("/fhir/R4/Observation", json=body, headers=keyed)
    assert (again.status_code, again.json()["id"] != made.json()["id"]) == (201, True)
    changed = await app.http.put(f"/fhir/R4/Observation/{id}", json=read.json(), headers=token)
    assert changed.status_code == 403
    illness = make.condition(ward.person_id)
    refused = await app.http.post("/fhir/R4/Condition", json=illness, headers=token)
    assert refused.status_code == 403

"""What a tester of the hospital tries by hand: cookies, sessions, fields that no form has, words for other programs."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from clinic.app import configure
from clinic.security import accounts, guard
from clinic.security.permissions import Role
from clinic.store.audit import AuditEntry
from clinic.store.controls import Control
from clinic.store.practices import Practice
from clinic.store.users import User, UserSession
from clinic.web.spreadsheet import as_csv, harmless
from config import Settings
from tests.browser_fixtures import PASSWORD
from tests.conftest import MONDAY_MORNING, account
from tests.factories import make_patient
from tests.laws.house import ROOT

CALL = {"caller": "dochter", "words": "viel over de hond", "form_token": "f" * 32}


@pytest.fixture
def patients(work):
    nurse = work("nurse")
    made = [make_patient(nurse), make_patient(nurse, own_name="Andere")]
    nurse.session.commit()
    return [patient.id for patient in made]


def test_the_cookie_is_for_this_host_over_https_and_for_no_script(app, client, tmp_path):
    old: Settings = app.config["SETTINGS"]
    configure(app, Settings(old.database_url, "k" * 32, tmp_path, secure_cookies=True))
    app.config.update(WTF_CSRF_ENABLED=True)
    set_cookie = client.get("/sign-in", base_url="https://localhost").headers["Set-Cookie"]
    assert set_cookie.startswith("__Host-botwacht=")
    for part in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"):
        assert part in set_cookie
    assert "Domain" not in set_cookie


def test_a_session_is_a_random_token_of_which_the_table_holds_a_hash(app, sign_in):
    sign_in("nurse")
    with Session(app.extensions["engine"]) as session:
        token = accounts.open_session(session, account(session, Role.NURSE), MONDAY_MORNING)
        session.flush()
        stored = set(session.scalars(select(UserSession.token_hash)))
    assert len(token) >= 43  # 256 bits
    assert token not in stored
    assert accounts.hashed(token) in stored


def test_a_cookie_from_before_signing_in_is_worth_nothing_after_and_one_from_before_signing_out_neither(app, sign_in):
    nurse = sign_in("nurse")
    with nurse.session_transaction() as cookie:
        old = cookie["_user_id"]
    assert nurse.post("/sign-out").headers["Clear-Site-Data"] == '"storage"'
    with nurse.session_transaction() as cookie:
        cookie["_user_id"] = old
    assert nurse.get("/").status_code == 401


@pytest.mark.parametrize("word", ["skip_timeout_reset=1", "ignoreAuth=1", "debug=1"])
def test_a_session_that_went_idle_is_revived_by_no_word(sign_in, clock, word):
    nurse = sign_in("nurse")
    clock.shift(timedelta(minutes=16))
    for path in ("/", "/worklist", "/account/keys"):
        assert nurse.get(f"{path}?{word}").status_code == 401


def test_a_password_is_kept_as_argon2id_of_the_usual_cost(app):
    with Session(app.extensions["engine"]) as session:
        user = account(session, Role.NURSE)
        accounts.set_password(user, PASSWORD)
        cost = re.fullmatch(r"\$argon2id\$v=19\$m=(\d+),t=(\d+),p=1\$.+", user.password_hash)
    assert cost
    assert int(cost[1]) >= 19456
    assert int(cost[2]) >= 2


def test_a_fresh_register_has_no_account(app):
    with Session(app.extensions["engine"]) as session:
        assert session.scalar(select(func.count()).select_from(User)) == 0


def test_fields_that_no_form_has_change_nothing(sign_in, app, patients):
    """Mass assignment (CVE-2012-0215, CVE-2026-25744): whose, by whom and since when is never taken from a form."""
    forged = {
        "id": "1", "patient_id": str(patients[1]), "recorded_by": "999", "recorded_at": "2020-01-01", "stands": "0",
        "voided_at": "2020-01-01", "role": "doctor", "authorised_by": "1", "on_behalf_of": "1", "treatment_years": "10",
    }  # fmt: skip
    address = f"/patients/{patients[0]}/contacts"
    assert sign_in("nurse").post(address, data=CALL | forged, query_string=forged).status_code == 303
    with Session(app.extensions["engine"]) as session:
        kept = session.scalars(select(Control)).one()
        nurse = session.scalars(select(User.id).where(User.role == "nurse")).one()
    assert (kept.patient_id, kept.recorded_by, kept.stands, kept.voided_at) == (patients[0], nurse, True, None)
    assert kept.recorded_at.year == 2026
    assert kept.on_behalf_of is None


def test_a_name_said_twice_is_the_first(sign_in, patients):
    nurse = sign_in("nurse")
    once, twice = nurse.get("/worklist?list=late"), nurse.get("/worklist?list=late&list=backlog")
    chosen = [re.findall(r"<a[^>]*aria-current[^>]*>[^<]*", page.text) for page in (once, twice)]
    assert (once.status_code, twice.status_code) == (200, 200)
    assert chosen[0] == chosen[1] != []


@pytest.mark.parametrize("name", ["nurse\r\nSet-Cookie: a=b", "nurse\n2026-11-23 session.signed_in", "x\u2028y"])
def test_no_line_of_a_log_is_forged_by_a_name(app, client, caplog, name):
    answer = client.post("/sign-in", data={"username": name, "password": "x" * 12})
    assert "a=b" not in str(answer.headers)
    with Session(app.extensions["engine"]) as session:
        lines = session.scalars(select(AuditEntry)).all()
    assert "session.signed_in" not in {line.action for line in lines}
    assert all("\n" not in str(line.subject or "") + str(line.actor_name or "") for line in lines)
    assert "\nSet-Cookie" not in caplog.text


def test_an_address_that_the_browser_claims_is_not_believed(app, sign_in, patients):
    sign_in("nurse").get(
        f"/patients/{patients[0]}", headers={"X-Forwarded-For": "10.9.8.7", "Forwarded": "for=10.9.8.7"}
    )
    with Session(app.extensions["engine"]) as session:
        seen = session.scalars(select(AuditEntry.address).where(AuditEntry.action == "patient.opened")).one()
    assert seen == "127.0.0.1"


@pytest.mark.parametrize(
    "path",
    ["//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example", "javascript:alert(1)", "evil"],
)
def test_nobody_is_led_to_another_site(sign_in, client, path):
    answer = sign_in("nurse").post("/account/language", data={"language": "nl", "next": path})
    assert answer.location == "/"
    page = client.post("/sign-in", data={"username": "x", "password": "y", "kept_path": path, "_kept_words": "tekst"})
    assert "evil" not in page.text
    assert "javascript:" not in page.text


def test_what_fails_in_the_guard_itself_lets_nobody_in(app, sign_in, patients, monkeypatch):
    nurse = sign_in("nurse")
    app.config.update(TESTING=False, PROPAGATE_EXCEPTIONS=False)

    def fail(*_asked):
        raise RuntimeError("secret of the inside")

    monkeypatch.setattr(guard, "allows", fail)
    answer = nurse.get(f"/patients/{patients[0]}")
    assert answer.status_code == 500
    for inside in ("Jansen", "secret of the inside", "Traceback", "guard.py"):
        assert inside not in answer.text


def test_a_form_that_was_refused_is_a_look_that_is_written_down(app, sign_in, patients):
    """Its page says whose it is; without this, nonsense posted to her address would be an unseen look."""
    answer = sign_in("nurse").post(f"/patients/{patients[0]}/contacts", data={"caller": "", "words": ""})
    assert answer.status_code == 422
    assert "Jansen" in answer.text
    with Session(app.extensions["engine"]) as session:
        assert session.scalars(select(AuditEntry.patient_id)).all() == [patients[0]]


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("=1+1", "'=1+1"), (" =1+1", "' =1+1"), ("\t=1+1", "'\t=1+1"), ("\r@x", "'\r@x"), ("\u00a0+31", "'\u00a0+31"),
        ("＝1+1", "'＝1+1"), ("\ufeff=x", "'\ufeff=x"), ("@sum", "'@sum"), ("-cmd|x", "'-cmd|x"),
        ("+31 6 1", "'+31 6 1"),
        ("-2,6", "-2,6"), ("-2.6", "-2.6"), ("-12", "-12"), ("Jansen", "Jansen"), ("a=b", "a=b"), ("", ""),
    ],
)  # fmt: skip
def test_a_cell_of_a_file_computes_nothing_and_a_number_stays_one(cell, shown):
    assert harmless(cell) == shown
    assert as_csv(["kop"], [[cell]]).count("kop") == 1


HUGE = "9" * 30  # longer than a database can count


@pytest.mark.parametrize(
    ("role", "method", "path", "told"),
    [
        ("secretary", "GET", "/practices", {"after": HUGE}),
        ("secretary", "GET", "/letters", {"letter": HUGE}),
        ("secretary", "POST", "/letters/runs", {"ticked": "1", "letter": HUGE}),
        ("secretary", "GET", "/letters/labels.pdf", {"letter": HUGE}),
        ("doctor", "POST", "/letters/series", {"letter": HUGE, f"version-{HUGE}": HUGE}),
        ("nurse", "GET", "/worklist", {"list": "late", "nurse": HUGE}),
        ("nurse", "GET", "/worklist", {"list": "late", "after": f"{HUGE}~2026-11-23~x~{HUGE}"}),
        ("doctor", "GET", "/reviews", {"page": HUGE}),
        ("privacy_officer", "GET", "/log", {"after": HUGE, "user": HUGE}),
        ("manager", "POST", "/practices/1/gps", {"family_name": "x", "kind": "gp", "successor_id": HUGE}),
        ("secretary", "POST", "/practices/1/gps", {"family_name": "x", "kind": "gp", "successor_id": HUGE}),
        ("secretary", "POST", "/practices/1/gps", {"family_name": "x", "kind": "gp", "successor_id": "9" * 5000}),
    ],
)
def test_a_number_that_no_row_can_have_is_no_fault(app, sign_in, role, method, path, told):
    app.config.update(TESTING=False, PROPAGATE_EXCEPTIONS=False)
    with Session(app.extensions["engine"]) as session:
        session.add(Practice(name="De Terp", channel="post"))
        session.commit()
    sent = {"query_string": told} if method == "GET" else {"data": told}
    assert sign_in(role).open(path, method=method, **sent).status_code < 500


def test_no_page_reads_a_number_in_another_way():
    pages = (ROOT / "clinic" / "web").glob("*.py")
    assert [page.name for page in pages if "type=int" in page.read_text(encoding="utf-8")] == []

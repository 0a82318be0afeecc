"""A contact, a statement and the words of a letter while they are typed: kept for who types, gone when sent."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from clinic.services import rights
from clinic.services.rights import SaveStatement
from clinic.services.work import Work
from clinic.store.audit import AuditEntry
from clinic.store.form_drafts import FormDraft
from tests.conftest import MONDAY
from tests.factories import make_patient
from tests.letter_makers import drafted

SignIn = Callable[[str], FlaskClient]
Start = Callable[..., Work]
BY_ITSELF = {"Accept": "*/*"}


class Typing(NamedTuple):
    """Where somebody types what, where it is kept, and where it is sent."""

    page: str
    kept: str
    sent: str
    typed: dict[str, str]


FORMS = {
    "contact": Typing("/patients/{patient}/contacts/new", "/patients/{patient}/contacts/draft",
                      "/patients/{patient}/contacts", {"words": "Belt over de tanda"}),
    "statement": Typing("/patients/{patient}/rights", "/patients/{patient}/rights/statements/draft",
                        "/patients/{patient}/rights/statements", {"text": "Ik ben nooit ge", "on_date": "23-11-2026"}),
    "correction": Typing("/patients/{patient}/rights/statements/1", "/patients/{patient}/rights/statements/1/draft",
                         "/patients/{patient}/rights/statements/1",
                         {"text": "Ik ben nooit ge", "on_date": "23-11-2026", "reason": "zij verbetert"}),
    "letter": Typing("/letters/{letter}", "/letters/{letter}/text/draft", "/letters/{letter}/text",
                     {"added": "Zij belt zelf nog o"}),
}  # fmt: skip


@pytest.fixture
def keys(work: Start) -> dict[str, int]:
    """A patient with a statement and a letter that waits for its words."""
    doctor = work("doctor")
    letter = drafted(doctor)
    found = {"patient": letter.patient_id, "letter": letter.id}
    work("doctor").session.commit()
    rights.save_statement(work("nurse"), SaveStatement(found["patient"], MONDAY, "Eerst dit."))
    return found


@pytest.fixture(params=FORMS.values(), ids=FORMS)
def form(request: pytest.FixtureRequest, keys: dict[str, int]) -> Typing:
    """One of the forms, of that patient."""
    one: Typing = request.param
    return Typing(one.page.format(**keys), one.kept.format(**keys), one.sent.format(**keys), one.typed)


def whole(client: FlaskClient, form: Typing) -> dict[str, str]:
    """What a browser sends: what the page put in its form, and what was typed."""
    page = client.get(form.page).text
    inside = page.split(f'data-draft="{form.kept}"')[1].split("</form>")[0]
    hidden = dict(re.findall(r'<input[^>]*name="(form_token|version|seen)"[^>]*value="([^"]*)"', inside))
    return hidden | form.typed


def drafts(database: Engine) -> list[FormDraft]:
    with Session(database) as session:
        return list(session.scalars(select(FormDraft)))


@pytest.mark.both
def test_what_is_typed_is_there_after_a_crash_for_who_typed_it_and_gone_when_it_is_sent(
    sign_in: SignIn, database: Engine, form: Typing
) -> None:
    nurse, [words, *_rest] = sign_in("nurse"), form.typed.values()
    sent = whole(nurse, form) | {"password": "geheim"}
    for _pause in range(2):
        said = nurse.post(form.kept, data=sent, headers=BY_ITSELF)
        assert (said.status_code, said.text[:15]) == (200, "concept bewaard")
    assert "password" not in drafts(database)[0].typed
    page = nurse.get(form.page).text
    assert ("Dit is uw concept" in page, words in page) == (True, True)
    assert words not in sign_in("doctor").get(form.page).text
    with Session(database) as session:
        lines = session.scalars(select(AuditEntry).where(AuditEntry.action == "control.draft_saved")).all()
    assert [line.details for line in lines] == [None]
    assert nurse.post(form.sent, data=whole(nurse, form)).status_code == 303
    nurse.post(form.kept, data=sent, headers=BY_ITSELF)
    assert drafts(database) == []


@pytest.mark.parametrize("name", ["contact", "letter"])
def test_what_is_typed_in_a_form_that_was_sent_is_not_said_to_be_kept(
    sign_in: SignIn, database: Engine, keys: dict[str, int], name: str
) -> None:
    nurse, form = sign_in("nurse"), FORMS[name]
    form = Typing(*(part.format(**keys) for part in form[:3]), form.typed)
    sent = whole(nurse, form)
    assert nurse.post(form.sent, data=sent).status_code == 303
    late = sent | {"symptoms": "jaw_or_mouth"}  # Back, and an alarm symptom
    said = nurse.post(form.kept, data=late, headers=BY_ITSELF)
    assert (said.status_code, "wordt niet bewaard; sla op" in said.text, drafts(database)) == (409, True, [])
    page = nurse.post(form.kept, data=late, headers={"Accept": "text/html"})  # by a button
    assert (page.status_code, next(iter(form.typed.values())) in page.text) == (409, True)


def test_words_in_the_place_of_a_statement_that_a_colleague_replaced_are_not_said_to_be_kept(
    sign_in: SignIn, work: Start, database: Engine, keys: dict[str, int]
) -> None:
    nurse, kept = sign_in("nurse"), FORMS["correction"].kept.format(**keys)
    rights.save_statement(work("doctor"), SaveStatement(keys["patient"], MONDAY, "Nu dit.", 1, "zij verbetert"))
    said = nurse.post(kept, data=FORMS["correction"].typed, headers=BY_ITSELF)
    assert (said.status_code, "wordt niet bewaard" in said.text, drafts(database)) == (409, True, [])


def test_a_draft_is_thrown_away_by_its_button(sign_in: SignIn, database: Engine, form: Typing) -> None:
    nurse, [words, *_rest] = sign_in("nurse"), form.typed.values()
    assert nurse.post(form.kept, data=whole(nurse, form)).location == form.page
    assert nurse.post(f"{form.kept}/discard").location == form.page
    page = nurse.get(form.page).text
    assert ("is weggegooid" in page, words in page, drafts(database)) == (True, False, [])


def test_enter_presses_what_saves_and_not_what_throws_the_draft_away(sign_in: SignIn, form: Typing) -> None:
    nurse = sign_in("nurse")
    nurse.post(form.kept, data=whole(nurse, form), headers=BY_ITSELF)
    inside = nurse.get(form.page).text.split(f'data-draft="{form.kept}"')[1].split("</form>")[0]
    first, second, *_rest = re.findall(r"<button[^>]*>", inside)
    assert ("formaction" in first, f'formaction="{form.kept}/discard"' in second) == (False, True)


def test_words_typed_beside_other_facts_say_so(sign_in: SignIn, keys: dict[str, int]) -> None:
    nurse, form = sign_in("nurse"), FORMS["letter"]
    form = Typing(*(part.format(**keys) for part in form[:3]), form.typed)
    nurse.post(form.kept, data=whole(nurse, form) | {"seen": "x"}, headers=BY_ITSELF)
    page = nurse.get(form.page).text
    assert ("veranderd nadat u deze pagina opende" in page, form.typed["added"] in page) == (True, True)


@pytest.mark.parametrize("path", ["/letters/999/text/draft", "/patients/999/contacts/draft",
                                  "/patients/{other}/rights/statements/1/draft"])  # fmt: skip
def test_of_what_is_not_there_nothing_is_kept(
    sign_in: SignIn, work: Start, database: Engine, keys: dict[str, int], path: str
) -> None:
    nurse = work("nurse")
    other = make_patient(nurse)
    nurse.session.flush()
    here = path.format(other=other.id)
    nurse.session.commit()
    for act in (here, f"{here}/discard"):
        assert sign_in("nurse").post(act, data={"words": "x"}).status_code == 404
    assert drafts(database) == []

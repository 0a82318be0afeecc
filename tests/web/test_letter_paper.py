"""Paper around the letters: the test print of the envelope's window, and address labels."""

from __future__ import annotations

from io import BytesIO

from pypdf import PdfReader
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.security.audit import Action
from clinic.store.audit import AuditEntry
from clinic.store.settings import ClinicSettings
from clinic.web.window_sheet import LONGEST
from tests.letters.pages import in_window, words_of
from tests.web.test_letters import authorise, drafted, stored

__all__ = ["drafted"]


def test_the_test_print_has_the_window_where_the_settings_have_it(app, sign_in):
    with Session(app.extensions["engine"]) as session:
        session.merge(ClinicSettings(id=1, window_x_mm=105, window_y_mm=50))
        session.commit()
    answer = sign_in("manager").get("/settings/window.pdf")
    assert answer.mimetype == "application/pdf"
    assert "1234 AB 'S-HERTOGENBOSCH" in in_window(answer.data, (105, 50, 85, 35), edge=0)
    assert "105 mm vanaf links, 50 vanaf boven, 85 breed, 35 hoog" in words_of(answer.data)
    assert sign_in("secretary").get("/settings/window.pdf").status_code == 403


def test_the_longest_address_lies_whole_in_the_usual_window(sign_in):
    page = sign_in("manager").get("/settings/window.pdf").data
    assert in_window(page, (25, 60, 85, 35), edge=1) == " ".join(" ".join(LONGEST).split())


def test_letters_to_one_address_share_a_label_and_the_log_names_whose_they_were(app, sign_in, drafted):
    ours, theirs = [drafted("Bakker"), drafted("Mulder")], drafted("Smit", street="#read(1)")
    for letter in (*ours, theirs):
        authorise(sign_in("doctor"), letter)
    secretary = sign_in("secretary")
    made = secretary.get("/letters/labels.pdf", query_string={"letter": [*ours, theirs]}).data
    assert words_of(made).count("Terpwei 7") == 1
    assert "#read(1)" in words_of(made)
    assert len(PdfReader(BytesIO(made)).pages) == 1
    with Session(app.extensions["engine"]) as session:
        told = session.scalars(select(AuditEntry).where(AuditEntry.action == Action.LIST_PRINTED)).one()
    assert len(told.shown) == len({stored(app, letter).patient_id for letter in (*ours, theirs)})
    assert secretary.get("/letters/labels.pdf").status_code == 404


def test_a_name_that_looks_like_code_stands_in_the_file_and_on_the_page_as_it_is_written(sign_in, drafted):
    letter = drafted('#read("x") *b* <b>')
    nurse = sign_in("nurse")
    file = nurse.get("/letters/export/csv", query_string={"state": "draft"}).data.decode("utf-8-sig")
    assert '#read(""x"") *b* <b>' in file
    page = nurse.get(f"/letters/{letter}").text
    assert "*b* <b>" not in page
    assert "*b* &lt;b&gt;" in page
    sheet = nurse.get(f"/letters/{letter}/sheets/1.svg")
    assert sheet.mimetype == "image/svg+xml"
    assert b"<b>" not in sheet.data

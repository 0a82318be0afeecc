"""A name that looks like code prints as it is written, in every channel, and is never run."""

from __future__ import annotations

import email
import email.policy
from datetime import datetime

import pytest

from clinic.interop import edifact, medspe
from clinic.letters import channels
from clinic.letters.print_file import Sheet, put_together
from clinic.letters.render import TO_GP, TO_PATIENT, pdf_of
from clinic.letters.sentences import document
from clinic.letters.text import text_of
from clinic.letters.to_patient import document as to_patient
from tests.letters.pages import words_of
from tests.letters.test_kinds import started
from tests.letters.test_to_patient import facts as patient_facts

NAME = '#read("x") *b* <b>'
TYPST = '#eval("1") $x$ _y_ `z` \\ @ref //'
FORMULA = "=1+1 'x'+:?x"
AT = datetime(2026, 11, 23, 9)  # noqa: DTZ001 - the store keeps UTC without a zone
NAMES = (NAME, TYPST, FORMULA)


def told(name):
    """The facts of a letter about somebody of this name, her GP called the same."""
    facts = started("alendronic_acid")
    gp = {"name": name, "lines": [name, "Terpwei 7"], "salutation": f"mevrouw {name}"}
    return facts | {"patient": facts["patient"] | {"name": name}, "recipient": facts["recipient"] | gp}


def post(name):
    """Such a letter on its way."""
    said = document(told(name), "B2026-000184")
    about = {"number": "4071826", "bsn": "999994128", "sex": "female", "born": AT.date(), "street": name,
             "house_number": "3", "postcode": "8598 AB", "town": "Oudeterp"}  # fmt: skip
    return channels.Post(
        key="B2026-000184", control="184", reference="B2026-000184", text=text_of(said),
        page=pdf_of(TO_GP, said, told(name), AT), envelope={"mailbox": "500000201", "agb": "01951000"},
        clinic={"mailbox": "500000100", "department": "Botten", "hospital": "Oudeterp", "email": "poli@example.nl"},
        gp=medspe.Person(own=name), patient=medspe.Person(own=name), about=about, doctor="dr. M. Bakker", at=AT,
    )  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_on_the_page_and_in_the_text(name):
    said = document(told(name))
    assert name in " ".join(text_of(said).split())
    assert name.replace(" ", "") in words_of(pdf_of(TO_GP, said, told(name), AT)).replace(" ", "")


@pytest.mark.parametrize("name", NAMES)
def test_in_a_letter_to_the_patient(name):
    facts = patient_facts("treatment") | {"patient": {"number": "1", "greeting": f"Geachte mevrouw {name},"}}
    facts |= {"recipient": {"lines": [name, "Terpwei 7"], "complete": True}}
    page = words_of(pdf_of(TO_PATIENT, to_patient(facts), facts, AT)).replace(" ", "")
    assert page.count(name.replace(" ", "")) == 2


@pytest.mark.parametrize("name", NAMES)
def test_in_mail_in_edifact_and_in_the_index_of_the_hospitals_record(name):
    letter = post(name)
    mail = channels.as_mail(letter)["B2026-000184.eml"]
    body = email.message_from_bytes(mail, policy=email.policy.default).get_body(("plain",)).get_content()
    assert name in " ".join(body.split())
    edi = edifact.read(channels.as_medspe(letter)["B2026-000184.edi"])
    assert medspe.faults(edi) == []
    assert name.replace(" ", "") in "".join(medspe.text_of(edi)).replace(" ", "")
    index = channels.as_document(letter)["B2026-000184.csv"].decode()
    assert index.startswith("4071826;B2026-000184;huisartsbrief;2026-11-23;B2026-000184.pdf;")
    assert name not in index, "the index names nobody"


@pytest.mark.parametrize("name", NAMES)
def test_on_the_cover_of_a_print_run(name):
    letter = post(name)
    made = put_together([Sheet(letter.reference, name, name, (letter.page,))], 7, AT, lambda _done: None)
    assert name.replace(" ", "") in words_of(made).replace(" ", "")

"""The record page shows each date with its reason, and nothing that a strict policy would refuse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from flask import Flask, render_template
from flask.testing import FlaskClient

from clinic.services import items
from clinic.services.facts import stamp
from clinic.services.work import Work
from clinic.store.treatments import Dose
from clinic.web import charts, record_view
from clinic.web.presenters import IdBand
from clinic.web.record_page import (
    Act,
    AlertLine,
    ControlRow,
    DueCard,
    LogEntry,
    LogYear,
    RecordPage,
    TimelinePanel,
    TreatmentPanel,
)
from tests.factories import make_course, make_patient

TODAY = date(2026, 11, 23)
COURSE = charts.Course("Alendroninezuur", date(2022, 1, 18), TODAY, date(2027, 5, 18), "5 jaar")
WHO = IdBand("Mw. A. de Vries-Jansen", "14-03-1953", 73, "vrouw", "407 18 26", "••••••019")
CONTROL_DUE = DueCard(
    "soon",
    "clipboard2-pulse",
    "Controle",
    "nu plannen",
    "24-11-2026",
    "12 maanden na de controle van 24-11-2025.",
    "Regel K2, protocol 2026.1. Bron: FMS-richtlijn 2022.",
    "control.annual",
    rel="morgen",
    booked="Afspraak 24-11-2026 10:40",
)


@pytest.fixture
def page() -> RecordPage:
    """A woman on alendronic acid with one control and one item."""
    axis = charts.frame(TODAY, [], [COURSE])
    height = charts.Series("Lengte", ((date(2025, 11, 24), 159.4),))
    empty = charts.events_row(axis, [], "Fracturen")
    lines = charts.lines_row(axis, [height], "Lengte")
    table = (("24-11-2025", "Lengte", "159,4 cm"),)
    bar = charts.treatment_bar(charts.Bar(COURSE, TODAY, "Start", "Vandaag", "Behandeling"))
    return RecordPage(
        WHO,
        acts=(Act("Nieuwe controle", "/new", "clipboard2-pulse", primary=True, key="N"),),
        treatment=TreatmentPanel("Alendroninezuur 70 mg", ("behandelduur 5 jaar",), bar),
        due=(CONTROL_DUE,),
        alerts=(AlertLine("flag", "Lengteverlies", "24-11-2025", "2,5 cm, grens 2,0 cm.", "Protocol 5"),),
        timeline=TimelinePanel(empty, empty, lines, lines, lines, empty, table=table),
        controls=(
            ControlRow("24-11-2025", "/c", "Poli", "159,4"),
            ControlRow("01-01-2022", "/d", "Poli", voided="verkeerde patiënt"),
        ),
        log=(LogYear("2025", (LogEntry("24-11", "clipboard2-pulse", "Jaarcontrole"),)),),
    )


def shown(app: Flask, page: RecordPage) -> str:
    """The page as a nurse gets it, in English: the source of all other words."""
    with app.test_request_context(headers={"Accept-Language": "en"}):
        return render_template("patients/record.html", page=page)


def test_every_due_item_stands_with_date_reason_source_and_rule(app: Flask, page: RecordPage) -> None:
    html = shown(app, page)
    for text in (CONTROL_DUE.when, CONTROL_DUE.why, CONTROL_DUE.whence, CONTROL_DUE.code, CONTROL_DUE.booked):
        assert text in html


@pytest.mark.parametrize(
    ("given_on", "late", "ago"),
    [(date(2026, 5, 10), "te laat", "13 dagen geleden"), (date(2026, 4, 18), "ruim te laat", "36 dagen geleden")],
)
def test_an_injection_that_was_late_before_she_came_says_how_late_and_beside_it_that_it_is_backlog(
    sign_in: Callable[[str], FlaskClient], work: Callable[[str], Work], given_on: date, late: str, ago: str
) -> None:
    nurse = work("nurse")
    patient = make_patient(nurse, registered_on=date(2026, 11, 20))
    course = make_course(nurse, patient, drug="denosumab", started_on=date(2025, 10, 18))
    nurse.session.flush()
    stamp(nurse, Dose(course_id=course.id, on_date=given_on), patient.id)
    nurse.session.flush()
    items.refresh(nurse, patient)
    nurse.session.commit()
    page = sign_in("nurse").get(f"/patients/{patient.id}").text
    card = next(part for part in page.split("<article")[1:] if ">dose.denosumab<" in part)
    assert f"</svg>{late}</span>" in card
    assert f"<small>{ago}</small> <small>· achterstand bij start</small>" in card


@pytest.mark.parametrize(
    ("days", "said"),
    [(0, "vandaag"), (1, "over 1 dag"), (2, "over 2 dagen"), (-1, "1 dag geleden"), (-2, "2 dagen geleden")],
)
def test_how_far_off_a_date_is_counts_one_day_as_one(app: Flask, days: int, said: str) -> None:
    with app.test_request_context(headers={"Accept-Language": "nl"}):
        assert record_view.distance(days) == said


def test_the_chart_also_stands_as_a_table(app: Flask, page: RecordPage) -> None:
    html = shown(app, page)
    assert 'id="timeline-table"' in html
    assert "<td>159,4 cm</td>" in html


def test_who_stands_on_no_list_sees_why_and_only_then(app: Flask, page: RecordPage) -> None:
    assert "On no list, because" not in shown(app, page)
    html = shown(app, replace(page, on_no_list="Zij is op 01-10-2026 verhuisd."))
    assert "On no list, because" in html
    assert "verhuisd" in html


def test_a_voided_control_stays_readable_with_its_reason(app: Flask, page: RecordPage) -> None:
    html = shown(app, page)
    assert "Voided: verkeerde patiënt" in html
    assert "01-01-2022" in html


def test_the_page_has_no_inline_style_or_script(app: Flask, page: RecordPage) -> None:
    html = shown(app, page)
    assert " style=" not in html
    assert "<script>" not in html
    assert " onclick" not in html


def test_a_record_without_anything_says_so(app: Flask) -> None:
    html = shown(app, RecordPage(WHO))
    assert "No course is recorded." in html
    assert "No control is recorded yet." in html

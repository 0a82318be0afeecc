"""What the hospital's systems send, in a browser: previewed, brought in, settled; and two visits on one day."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import time_machine
from playwright.sync_api import Page, expect

from clinic.security.permissions import Role
from clinic.services.work import Work
from clinic.store.due import DueItem
from tests.browser.test_sign_in import barriers
from tests.factories import make_patient

DOCS = Path(__file__).parents[2] / "docs"
SAYS = {
    "nl": {"show": "Tonen wat er verandert", "new": "nieuwe afspraak op 30-11-2026 09:20",
           "unknown": "patiëntnummer 9999999 staat niet in het register", "bring": "Invoeren",
           "reported": "Gemeld door het ziekenhuis", "died": "Overlijden gemeld: 12-11-2026", "not so": "Klopt niet",
           "report": "De melding klopt niet", "how": "Vul in hoe u weet dat het niet klopt.", "know": "Hoe weet u dat?",
           "none": "Geen overlijden om na te gaan.", "stands": "Blijft staan",
           "all": "Elke afspraak staat in de agenda.", "same": "Zelfde dag: DXA vóór besluit",
           "save": "Afspraak inplannen", "overlap": "De twee overlappen; de patiënt kan niet bij beide zijn.",
           "second": "Tijd van de tweede", "where": "Plaats van de tweede"},
    "en": {"show": "Show what would change", "new": "new appointment on 30-11-2026 09:20",
           "unknown": "patient number 9999999 is not registered", "bring": "Bring it in",
           "reported": "Reported by the hospital", "died": "Death reported: 12-11-2026", "not so": "It is not so",
           "report": "The report is not so", "how": "Say how you know that it is not so.", "know": "How do you know?",
           "none": "No death waits.", "stands": "It stands", "all": "Every appointment stands in the agenda.",
           "same": "Same day: DXA before the review", "save": "Book the appointment",
           "overlap": "The two overlap; the patient cannot be at both.", "second": "Time of the second",
           "where": "Place of the second"},
}  # fmt: skip


def bring_in(page: Page, says: dict[str, str], kind: str, file: Path) -> None:
    """The manager looks at what would change, and brings it in."""
    page.goto("/imports/")
    page.locator("#file").set_input_files(file)
    page.locator("#mapping").set_input_files(DOCS / "mappings" / f"{kind}.toml")
    page.get_by_role("button", name=says["show"]).click()
    expect(page.get_by_text(says["unknown"])).to_be_visible()
    assert barriers(page) == []
    page.get_by_role("button", name=says["bring"], exact=True).click()
    expect(page.locator("h1")).not_to_be_empty()


@pytest.mark.parametrize("language", SAYS)
def test_an_agenda_and_a_death_come_in_and_a_secretary_settles_them(
    enter: Callable[..., Page], work: Callable[..., Work], clock: time_machine.Traveller, language: str, tmp_path: Path
) -> None:
    secretary = work("secretary")
    for number, name in (("4071826", "Wiersma"), ("4071827", "Hoekstra"), ("4071828", "Postma")):
        make_patient(secretary, number=number, own_name=name)
    secretary.session.commit()
    says = SAYS[language]
    shorter = tmp_path / "agenda.csv"
    lines = (DOCS / "examples" / "agenda.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    shorter.write_text("".join(line for line in lines if not line.startswith("88002")), encoding="utf-8")

    page = enter(Role.MANAGER, language)
    bring_in(page, says, "agenda", DOCS / "examples" / "agenda.csv")
    expect(page.get_by_text(says["new"])).to_be_visible()
    bring_in(page, says, "agenda", shorter)
    bring_in(page, says, "changes", DOCS / "examples" / "changes.csv")

    page.context.clear_cookies()
    page = enter("secretary", language)
    page.get_by_role("link", name=says["reported"]).click()
    expect(page.get_by_text(says["died"])).to_be_visible()
    assert barriers(page) == []
    page.get_by_role("link", name=re.compile(says["not so"])).click()
    page.get_by_role("button", name=says["report"]).click()
    expect(page.locator("#reason-error")).to_have_text(says["how"])
    assert barriers(page) == []
    page.get_by_label(says["know"]).fill("Zelf gesproken.")
    page.get_by_role("button", name=says["report"]).dblclick()
    expect(page.get_by_text(says["none"])).to_be_visible()
    page.get_by_role("button", name=re.compile(f"{says['stands']}.*Hoekstra")).click()
    expect(page.get_by_text(says["all"])).to_be_visible()


@pytest.mark.parametrize("language", SAYS)
def test_a_control_and_a_dxa_are_booked_on_one_day(
    enter: Callable[..., Page], work: Callable[..., Work], clock: time_machine.Traveller, language: str
) -> None:
    secretary = work("secretary")
    patient = make_patient(secretary, own_name="Wiersma")
    windows = {"control.yearly": ("2026-12-01", "2026-12-31"), "dxa.before_review": ("2026-12-07", "2027-01-15")}
    for code, days in windows.items():
        opens, late = map(date.fromisoformat, days)
        why = {"code": "control.yearly.first", "params": {"start": "2025-01-10"}}
        secretary.session.add(DueItem(
            patient_id=patient.id, code=code, subject=date(1970, 1, 1), due_on=opens, opens_on=opens, late_after=late,
            backlog=False, why=why, source="4.1", protocol="1",
        ))  # fmt: skip
    secretary.session.commit()
    says = SAYS[language]
    page = enter("secretary", language)
    page.goto(f"/patients/{patient.id}/appointments/new?item=control.yearly&subject=1970-01-01")
    page.locator("#on").fill("8-12-2026")
    page.locator("#at").fill("9.20")
    page.locator("#place").fill("poli 3")
    page.get_by_label(re.compile(re.escape(says["same"]))).check()
    page.get_by_label(says["second"]).fill("9.30")
    page.get_by_label(says["where"]).fill("DXA-kamer")
    assert barriers(page) == []
    page.get_by_role("button", name=says["save"]).click()
    expect(page.locator("#also_at-error")).to_have_text(says["overlap"])
    assert barriers(page) == []
    page.get_by_label(says["second"]).fill("9.45")
    page.get_by_role("button", name=says["save"]).dblclick()
    expect(page.locator("#appointments").get_by_role("link", name="08-12-2026, 09:20")).to_be_visible()
    expect(page.locator("#appointments").get_by_role("link", name="08-12-2026, 09:45")).to_be_visible()
    page.wait_for_load_state("networkidle")

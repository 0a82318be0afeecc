"""The Excel round in a browser: the list in, on the worklist, compared, and the past taken back.

In Dutch with all its 1,400 rows; in English the words are what differs, and the first 200 do.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests import clinic_list
from tests.browser.test_sign_in import barriers

TEN_MINUTES = 600
ADDED = {
    "nl": {"practices": "36", "patients": "1377", "courses": "1368", "history": "1324"},
    "en": {"practices": "36", "patients": "196", "courses": "195", "history": "188"},
}
SAYS = {
    "nl": {"try": "Tonen wat er verandert", "in": "Invoeren", "why": "Waarom u hem terugdraait",
           "back": "Import terugdraaien", "done": "De import is teruggedraaid", "compare": "Vergelijken met een lijst",
           "beside": "Vergelijken", "both": "patiënten staan op de lijst", "groups": "Overige",
           "cell": "Rij 22, T1", "mend": "Verbeteren en opnieuw kijken", "mended": "1 cel gecorrigeerd",
           "gp": "dr. A. ", "again": "gaat daarin op"},
    "en": {"try": "Show what would change", "in": "Bring it in", "why": "Why it is taken back",
           "back": "Take the import back", "done": "The import is taken back", "compare": "Compare with a list",
           "beside": "Compare", "both": "patients stand on the list", "groups": "The rest",
           "cell": "Row 22, T1", "mend": "Correct and look again", "mended": "1 cell corrected",
           "gp": "dr. A. ", "again": "goes with it"},
}  # fmt: skip


@pytest.mark.parametrize("language", SAYS)
def test_a_clinic_puts_its_old_excel_away(enter: Callable[..., Page], language: str, tmp_path: Path) -> None:
    says, file = SAYS[language], clinic_list.FILE
    if language == "en":
        file = tmp_path / file.name
        clinic_list.write(file, first=200)
    page = enter("manager", language)
    page.set_default_timeout(120_000)
    began = time.monotonic()
    for kind, added in ADDED[language].items():
        page.goto("/imports/")
        page.set_input_files("[name=file]", clinic_list.PRACTICES if kind == "practices" else file)
        page.set_input_files("[name=mapping]", Path(f"docs/mappings/list-{kind}.toml"))
        page.get_by_role("button", name=says["try"]).click()
        if kind == "patients":
            expect(page.get_by_text(says["gp"]).first).to_be_visible(timeout=120_000)
            expect(page.get_by_text(says["again"]).first).to_be_visible()
        if kind == "history":
            page.get_by_label(says["cell"]).fill("LWK -2,8 / heup -2,1")
            page.get_by_role("button", name=says["mend"]).click()
            expect(page.get_by_text(says["mended"])).to_be_visible(timeout=120_000)
            assert barriers(page) == []
        page.get_by_role("button", name=says["in"]).dblclick()
        expect(page.get_by_role("cell", name=added, exact=True)).to_be_visible(timeout=120_000)
    assert time.monotonic() - began < TEN_MINUTES
    assert barriers(page) == []
    receipt = page.url

    page.goto("/imports/")
    page.get_by_role("link", name=says["compare"]).click()
    page.set_input_files("[name=file]", file)
    page.get_by_role("button", name=says["beside"], exact=True).click()
    expect(page.get_by_text(says["both"])).to_contain_text(ADDED[language]["patients"])
    assert barriers(page) == []

    page.goto(receipt)
    page.get_by_label(says["why"]).fill("verkeerde lijst")
    page.get_by_role("button", name=says["back"]).click()
    expect(page.get_by_text(says["done"])).to_be_visible(timeout=120_000)
    page.context.clear_cookies()
    nurse = enter("nurse", language)
    nurse.goto("/worklist?list=backlog")
    nurse.get_by_role("link", name=says["groups"]).click()
    expect(nurse.locator("tbody tr").first).to_be_visible()
    assert barriers(nurse) == []

"""The rules in force as tables anybody here can read, and the named cases with which they are tried."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from clinic.domain.protocol import SOURCES, Protocol, Window
from clinic.domain.settings import SETTINGS, Setting
from clinic.domain.vocabulary import DueCode
from clinic.interop import protocols, selftest
from clinic.security.guard import signed_in
from clinic.services import protocols as versions
from clinic.services.protocols import Holds
from clinic.web import language
from clinic.web.language import gettext as _
from clinic.web.presenters import day, number, plain
from clinic.web.protocol_form import bounds
from clinic.web.units import reading
from clinic.wording import settings as words
from clinic.wording import why
from clinic.wording.labels import due_label, label

bp = Blueprint("protocol", __name__, url_prefix="/protocol")
OFF = "–"
BY_DRUG = ("durations", "break_months", "dose_months", "renal")  # the tables that have a row for each drug


@bp.get("")
@signed_in
def index() -> ResponseReturnValue:
    """Every number with its unit, rule and source, and what it moves."""
    lang = language.current()
    with reading() as work:
        now, holds = versions.in_force(work.session), versions.holding(work.session)
    rules = now.protocol
    lsc = [(label(site, lang), number(value), since(holds, f"lsc_percent.{site}"))
           for site, value in rules.lsc_percent.items()]  # fmt: skip
    return render_template(
        "protocol/index.html", now=now, lsc=lsc,
        settings=[setting_row(rules, setting, lang) | {"since": since(holds, setting.name)} for setting in SETTINGS],
        windows=[
            *(window_row(rules, code, lang) | {"since": since(holds, f"windows.{code}.")} for code in rules.windows),
            *(row | {"since": since(holds, "before_review_opens_months")} for row in before_review(rules, lang)),
        ],
        drugs=[row | {"since": since(holds, *(f"{table}.{drug}" for table in BY_DRUG))}
               for drug, row in zip(rules.durations, drug_rows(rules, lang), strict=True)],
    )  # fmt: skip


def since(holds: Mapping[str, Holds], *starts: str) -> str:
    """From when the numbers of a row are what they are and who approved it, by the one that changed last."""
    found = [one for key, one in holds.items() if key.startswith(starts) and one.since is not None]
    if not found:
        return str(_("from the start"))
    last = max(found, key=lambda one: one.since or date.min)
    return str(_("%(day)s, %(name)s", day=day(last.since), name=last.approved_by))


def setting_row(rules: Protocol, setting: Setting, lang: str) -> dict[str, str]:
    """One setting in words."""
    value = getattr(rules, setting.name)
    return {
        "name": setting.name,
        "title": words.setting_title(setting.name, lang),
        "value": str(_("off")) if value is None else plain(value),
        "unit": words.unit(setting.unit, lang),
        "bounds": bounds(setting, lang),
        "moves": words.setting_moves(setting.name, lang),
        "rule": setting.rule,
        "source": why.source(setting.source, lang),
    }


def window_row(rules: Protocol, code: str, lang: str) -> dict[str, str]:
    """When an item of this code opens, is late and very late, counted from its due date."""
    window: Window = rules.windows[code]
    title = str(_("Agreed with the patient")) if code == "agreed" else due_label(code, lang)
    return {
        "code": code,
        "title": title,
        "opens": before(window.opens_months, window.opens_days),
        "late": lab_late(rules) if code == DueCode.LAB_BEFORE_INFUSION else after(None, window.late_days),
        "very_late": after(window.very_late_months, window.very_late_days),
        "source": why.source(SOURCES.get(code, "D"), lang),
    }


def before_review(rules: Protocol, lang: str) -> list[dict[str, str]]:
    """What is made before a review: on the list so long before that review is due, late after it (S1)."""
    opens = str(_("%(count)s months before the review", count=rules.before_review_opens_months))
    late, codes = str(_("the day of the review")), (DueCode.DXA_BEFORE_REVIEW, DueCode.SPINE_IMAGE_BEFORE_REVIEW)
    return [
        {"code": code, "title": due_label(code, lang), "opens": opens, "late": late, "very_late": OFF,
         "source": why.source(SOURCES[code], lang)}
        for code in codes
    ]  # fmt: skip


def lab_late(rules: Protocol) -> str:
    """A result is late so long before the dose it is for (S5)."""
    return str(_("%(count)s days before the dose", count=rules.lab_late_before_days))


def before(months: int, days: int) -> str:
    """So long before the due date."""
    return str(_("%(count)s months before", count=months) if months else _("%(count)s days before", count=days))


def after(months: int | None, days: int | None) -> str:
    """So long after it."""
    if months:
        return str(_("%(count)s months after", count=months))
    return OFF if days is None else str(_("%(count)s days after", count=days) if days else _("the day itself"))


def drug_rows(rules: Protocol, lang: str) -> list[dict[str, str]]:
    """What is set for each drug: years, break, doses, kidney function."""
    found = []
    for drug, years in rules.durations.items():
        amber, red = rules.renal.get(drug, (None, None))
        found.append(
            {
                "drug": label(drug, lang),
                "years": " / ".join(plain(one) for one in years),
                "break": str(rules.break_months.get(drug, OFF)),
                "every": str(rules.dose_months.get(drug.value, OFF)),
                "amber": OFF if amber is None else str(amber),
                "red": OFF if red is None else str(red),
            }
        )
    return found


@bp.get("/export.toml")
@signed_in
def export() -> ResponseReturnValue:
    """The protocol as a file that `clinic protocol check` and `clinic plan --protocol` read."""
    with reading() as work:
        rules = work.protocol
    headers = {"Content-Disposition": f'attachment; filename="{rules.name}.toml"'}
    return protocols.dump(rules), 200, headers | {"Content-Type": "application/toml; charset=utf-8"}


@bp.get("/test")
@signed_in
def test() -> ResponseReturnValue:
    """The named cases, run now: what was expected beside what the rules compute."""
    results = list(selftest.run())
    wrong = [result for result in results if not result.right]
    return render_template("protocol/test.html", results=[*wrong, *(r for r in results if r.right)], wrong=len(wrong))

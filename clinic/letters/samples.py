"""Two made-up records on which the clinic's own words are tried: a plain one, and the most that a record can hold."""

from __future__ import annotations

from clinic.domain.vocabulary import Drug, FractureSite, PatientStatus, ReviewOutcome, ScanSite, Symptom
from clinic.letters import to_patient
from clinic.letters.dutch import BLOOD, NOT_AS_PRESCRIBED, SIDE_EFFECTS
from clinic.letters.kinds import KINDS
from clinic.letters.sentences import WORDS
from clinic.store.base import Json

CODES = (*(kind.code for kind in KINDS), *(f"patient.{code}" for code in to_patient.KINDS))
"""The kinds of letter that may have words of the clinic's own, in the order in which letters tell them."""
OUTCOMES = {
    "continue": ReviewOutcome.CONTINUE, "stop": ReviewOutcome.STOP, "switch": ReviewOutcome.SWITCH,
    "postpone": ReviewOutcome.POSTPONE,
}  # fmt: skip
PEOPLE = {
    "responsible": {"name": "dr. M. Bakker", "function": "internist"},
    "contact": {"name": "S. Postma", "function": "osteoporoseverpleegkundige"},
}
ITEMS = [{"code": "control.yearly", "due_on": "2027-11-10"}, {"code": "review.end_of_course", "due_on": "2030-03-10"}]
COURSE = {
    "id": 1, "drug": "alendronic_acid", "dose": "70 mg", "schedule": "1× per week", "started_on": "2025-03-10",
    "precision": "day", "years": "5", "end": "2030-03-10", "indication": "wervelfractuur", "controls_by": "clinic",
    "paused_since": None, "pauses": [],
    "recorded_end": "2030-03-10",
}  # fmt: skip
CONTROL = {
    "on": "2026-11-10", "kind": "clinic", "drug": "alendronic_acid",
    "height_mm": 1587, "height_not_measured": None, "height_loss": None,
    "weight_g": 58300, "weight_not_measured": None, "bmi": "23.1", "intake": dict.fromkeys(NOT_AS_PRESCRIBED, True),
    "missed_doses": 0, "doubts": False, "side_effects": {}, "symptoms": [], "symptoms_denied": True,
    "unanswerable": None, "new_back_pain": False, "percussion_pain": False, "falls": 0, "note": None, "agreed": [],
}  # fmt: skip
CHANGE = {"percent": "-5.4", "lsc": "5.0", "since": "2024-10-12", "verdict": "loss"}
SCAN = {
    "on": "2026-10-12", "received_on": "2026-10-26",
    "sites": [{"site": str(site), "t": "-2.4", "bmd": 842, "change": CHANGE} for site in ScanSite],
}  # fmt: skip
REVIEW = {
    "drug": "alendronic_acid", "on": "2026-11-10", "until": "2035-03-10", "effective": "2026-11-10",
    "next_drug": "zoledronic_acid", "next_years": "3", "reason": "T-score −2,6", "prescriber": "huisarts",
}  # fmt: skip
START = {
    "drug": "alendronic_acid", "dose": "70 mg", "schedule": "1× per week", "on": "2026-11-10", "precision": "day",
    "years": "5", "after": None,
}  # fmt: skip
PLAIN: Json = {
    "words": WORDS, "on": "2026-11-10",
    "patient": {
        "name": "mw. A. de Vries", "her": "uw patiënte", "she": "patiënte", "born": "1953-03-14", "number": "4071826",
        "bsn": "999990019", "address": "Lange Laan 3, 8598 AB Oudeterp", "prescriber": "huisarts",
        "status": str(PatientStatus.TRANSFERRED), "status_on": "2026-11-10", "greeting": "Geachte mevrouw De Vries,",
    },
    "recipient": {
        "gp_id": 1, "name": "S. Hoekstra", "practice": "De Terp", "salutation": "mevrouw Hoekstra", "channel": "post",
        "lines": ["De Terp", "Mevrouw S. Hoekstra, huisarts", "Terpwei 7", "8598 AB  OUDETERP"],
    },
    "people": PEOPLE, "replaces": [], "added": "", "edited": {}, "controls": [], "scans": [], "reviews": [],
    "starts": [], "stops": [], "no_shows": [], "ended": False, "course": COURSE, "stopped": None,
    "fractures": [], "image": None, "glucocorticoids": [],
    "labs": [], "left": None, "named": [], "renal_limit": 35, "items": ITEMS, "handover": None,
    "untold": [],
    "visit": {"kind": "control", "on": "2026-12-01", "weekday": 1, "at": "10:30", "place": "polikliniek 3"},
    "missed": {"kind": "control", "on": "2026-11-03"}, "scan": SCAN, "due": ITEMS[0], "dates": ITEMS,
}  # fmt: skip
HER_HOME = {
    "recipient": {
        "lines": ["Mevrouw J.P.M.Th. van der Meulen-van Ouwerkerk van der Schans",
                  "Burgemeester Van Wijngaardenstraat 1124-B", "5211 AB  'S-HERTOGENBOSCH"],
        "complete": True,
    },
}  # fmt: skip
LONG = "Zij vertelt uitvoerig over haar reis, haar val op de trap en de twijfel van haar dochter over het middel. "
WORST: Json = PLAIN | {
    "patient": PLAIN["patient"] | {
        "name": "mw. J.P.M.Th. van der Meulen-van Ouwerkerk van der Schans",
        "address": "Burgemeester Van Wijngaardenstraat 1124-B, 5211 AB 's-Hertogenbosch",
        "greeting": "Geachte mevrouw Van der Meulen-van Ouwerkerk van der Schans,",
    },
    "recipient": PLAIN["recipient"] | {
        "lines": ["Gezondheidscentrum De Oude Zuivelfabriek", "De heer J.P.M. van der Meulen-Ouwerkerk, huisarts",
                  "Burgemeester Van Wijngaardenstraat 1124-B", "5211 AB  'S-HERTOGENBOSCH"],
    },
    "added": LONG * 4, "course": COURSE | {"pauses": [
        {"from": f"202{n}-01-01", "until": f"202{n}-06-01", "reason": "behandeling van het gebit", "counts": False}
        for n in range(5, 9)
    ]},
    "fractures": [{"on": "2021-01-01", "precision": "year", "site": str(site), "level": "Th12", "genant": 3,
                   "low_energy": True} for site in FractureSite],
    "image": {"on": "2026-10-12", "technique": "vfa", "new_fracture": True,
              "findings": [{"level": f"Th{n}", "genant": 2} for n in range(4, 13)]},
    "glucocorticoids": [{"since": "2019-05-01", "mg": "7.5"}],
    "labs": [{"what": what, "on": f"2026-1{n % 3}-12", "value": "125.5"} for n, what in enumerate(BLOOD)],
    "items": ITEMS * 4, "dates": ITEMS * 4,
}  # fmt: skip
WORST_CONTROL = CONTROL | {
    "height_loss": {"mm": 25, "since": "2021-11-10", "limit_mm": 20}, "intake": dict.fromkeys(NOT_AS_PRESCRIBED, False),
    "missed_doses": 11, "doubts": True, "side_effects": dict.fromkeys(SIDE_EFFECTS, "severe"),
    "symptoms": [{"code": str(code), "side": "both", "weeks": 12} for code in Symptom], "symptoms_denied": False,
    "unanswerable": LONG, "new_back_pain": True, "percussion_pain": True, "falls": 12, "note": LONG * 3,
    "agreed": [{"what": what, "on": "2027-02-10", "why": LONG} for what in ("control", "dxa", "lab")],
}  # fmt: skip


def of_kind(code: str) -> dict[str, Json]:
    """The facts of a letter of this kind about each of the two records, by its name."""
    if code.startswith("patient."):
        kind = {"kind": code.removeprefix("patient."), "to": "patient"}
        return {"plain": PLAIN | HER_HOME | kind, "worst": WORST | HER_HOME | kind}
    return {"plain": PLAIN | part(code, CONTROL), "worst": WORST | part(code, WORST_CONTROL)}


def part(code: str, control: Json) -> Json:
    """What makes a letter one of this kind."""
    handover = {"exposure": {str(drug): 900 for drug in Drug}, "drug": "alendronic_acid", "end": "2030-03-10",
                "items": ITEMS}  # fmt: skip
    parts: dict[str, Json] = {
        "start": {"starts": [START]},
        "control": {"controls": [control]},
        "dxa": {"scans": [SCAN]},
        "no_show": {"no_shows": [{"on": "2026-11-03", "kind": "control", "attempts": 3}]},
        "end": {
            "ended": True,
            "handover": handover,
            "named": ITEMS[:1],
            "left": {"status": str(PatientStatus.TRANSFERRED), "on": "2026-11-10"},
        },
        "correction": {"controls": [control], "replaces": [{"reference": "B2026-000012", "sent_on": "2026-11-04"}]},
    }
    return parts[code] if code in parts else {"reviews": [REVIEW | {"outcome": str(OUTCOMES[code])}]}

"""What the questions of a control are called."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

SIDE_EFFECTS = {
    "abdominal_pain": _l("abdominal pain"),
    "nausea": _l("nausea"),
    "diarrhoea": _l("diarrhoea"),
    "cramps": _l("bowel cramps"),
    "constipation": _l("constipation"),
    "headache": _l("headache"),
    "bone_pain": _l("bone or muscle pain"),
    "rash": _l("rash"),
    "dizziness": _l("dizziness"),
}
SEVERITIES = {"mild": _l("mild"), "moderate": _l("moderate"), "severe": _l("severe")}
SIDES = {"left": _l("left"), "right": _l("right"), "both": _l("both sides")}
INTAKE_WORDS = {
    "fasting": _l("On an empty stomach"),
    "water": _l("With a glass of water"),
    "wait": _l("Half an hour without food or drink"),
    "upright": _l("Half an hour upright"),
    "fixed_day": _l("On a fixed day"),
    "calcium_apart": _l("Calcium at another time"),
}
# ibandronic acid waits longer [SmPC Bonviva]
LONGER = {"wait": _l("An hour without food or drink"), "upright": _l("An hour upright")}

"""The words of an old list for what the register has a code for: sites, techniques, outcomes, yes and no, scores."""

from __future__ import annotations

import re
from decimal import Decimal

from clinic.domain.vocabulary import AgreementWhat, ControlKind, FractureSite, LetterAbout, ReviewOutcome, ScanSite
from clinic.interop.tables import Cell
from clinic.interop.values import Unreadable, plain

SCAN_SITES: dict[str, ScanSite] = {
    "lwk": ScanSite.LUMBAR_SPINE, "lumbale wervelkolom": ScanSite.LUMBAR_SPINE, "l1-l4": ScanSite.LUMBAR_SPINE,
    "l1-4": ScanSite.LUMBAR_SPINE, "lumbaal": ScanSite.LUMBAR_SPINE, "wervelkolom": ScanSite.LUMBAR_SPINE,
    "lumbar spine": ScanSite.LUMBAR_SPINE, "spine": ScanSite.LUMBAR_SPINE,
    "totale heup": ScanSite.TOTAL_HIP, "heup totaal": ScanSite.TOTAL_HIP, "total hip": ScanSite.TOTAL_HIP,
    "heup": ScanSite.TOTAL_HIP, "hip": ScanSite.TOTAL_HIP,
    "femurhals": ScanSite.FEMORAL_NECK, "heuphals": ScanSite.FEMORAL_NECK, "collum": ScanSite.FEMORAL_NECK,
    "hals": ScanSite.FEMORAL_NECK, "femoral neck": ScanSite.FEMORAL_NECK, "neck": ScanSite.FEMORAL_NECK,
}  # fmt: skip
SITES = "|".join(sorted(map(re.escape, SCAN_SITES), key=len, reverse=True))
T_WORD = r"(?:t(?:-?scores?)?[ :=]*)?"
SCORE = re.compile(rf"{T_WORD}\b({SITES})[ :=]*{T_WORD}([-+]?\d+(?:[.,]\d+)?)(?!\d|[.,]\d)")
BETWEEN = re.compile(r"(?:[\s/;,|&+]|\ben\b|\band\b|t-?scores?:?|sd)*")
YES, NO = {"ja", "j", "yes", "y", "true", "1", "x"}, {"nee", "n", "no", "false", "0"}
FRACTURES: dict[str, FractureSite] = {
    "wervel": FractureSite.VERTEBRA, "wervelfractuur": FractureSite.VERTEBRA, "inzakking": FractureSite.VERTEBRA,
    "wervelinzakking": FractureSite.VERTEBRA, "heup": FractureSite.HIP, "heupfractuur": FractureSite.HIP,
    "collum": FractureSite.HIP, "bekken": FractureSite.PELVIS, "bovenarm": FractureSite.HUMERUS,
    "schouder": FractureSite.HUMERUS, "humerus": FractureSite.HUMERUS, "pols": FractureSite.WRIST,
    "polsfractuur": FractureSite.WRIST, "radius": FractureSite.WRIST, "vinger": FractureSite.FINGER,
    "teen": FractureSite.TOE, "gezicht": FractureSite.FACE, "schedel": FractureSite.SKULL,
    "halswervel": FractureSite.CERVICAL_SPINE, "nekwervel": FractureSite.CERVICAL_SPINE,
}  # fmt: skip
TECHNIQUES = {
    "vfa": "vfa", "rx": "x_ray", "x": "x_ray", "röntgen": "x_ray", "rontgen": "x_ray", "foto": "x_ray",
    "x-wk": "x_ray", "x_ray": "x_ray", "x-ray": "x_ray", "ct": "ct", "mri": "mri",
}  # fmt: skip
OUTCOMES: dict[str, ReviewOutcome] = {
    "doorgaan": ReviewOutcome.CONTINUE, "voortzetten": ReviewOutcome.CONTINUE, "stoppen": ReviewOutcome.STOP,
    "stop": ReviewOutcome.STOP, "wisselen": ReviewOutcome.SWITCH, "uitstellen": ReviewOutcome.POSTPONE,
    "pauze voortzetten": ReviewOutcome.BREAK_ON, "hervatten": ReviewOutcome.RESTART,
}  # fmt: skip
AGREED: dict[str, AgreementWhat] = {
    "controle": AgreementWhat.CONTROL, "poli": AgreementWhat.CONTROL, "dexa": AgreementWhat.DXA,
    "bloed": AgreementWhat.LAB, "lab": AgreementWhat.LAB, "bellen": AgreementWhat.CALL,
    "beoordeling": AgreementWhat.REVIEW,
}  # fmt: skip


def scores(value: Cell) -> dict[ScanSite, Decimal]:
    """T-scores by site from one cell, as "T LWK -2.8 / heup -2,1"; what is left over makes it unreadable."""
    text = plain(value)
    found = [(SCAN_SITES[match[1]], Decimal(match[2].replace(",", "."))) for match in SCORE.finditer(text)]
    sites = [site for site, _score in found]
    if not found or len(set(sites)) != len(sites) or not BETWEEN.fullmatch(SCORE.sub(" ", text)):
        raise Unreadable("scores_unreadable", typed=str(value))
    return dict(found)


def yes_no(value: Cell) -> bool:
    """Ja or nee; raises Unreadable at anything else."""
    text = plain(value)
    if text not in YES | NO:
        raise Unreadable("yes_or_no", typed=str(value))
    return text in YES


def one_of(value: Cell, words: dict[str, str], codes: type[str] | None, code: str) -> str:
    """The code for a word, or the code itself; raises Unreadable with the sentence that says what is expected."""
    text = plain(value)
    known = words | ({str(member): str(member) for member in codes} if codes else {})  # type: ignore[attr-defined]
    if text not in known:
        raise Unreadable(code, typed=str(value))
    return str(known[text])


def fracture_site(value: Cell) -> str:
    """Where a fracture was."""
    return one_of(value, dict(FRACTURES), FractureSite, "fracture_site_unknown")


def technique(value: Cell) -> str:
    """How a spine image was made."""
    return one_of(value, TECHNIQUES, None, "technique_unknown")


def outcome(value: Cell) -> str:
    """What a review decided."""
    return one_of(value, dict(OUTCOMES), ReviewOutcome, "outcome_unknown")


def agreed(value: Cell) -> str:
    """What was agreed."""
    return one_of(value, dict(AGREED), AgreementWhat, "agreed_unknown")


def about(value: Cell) -> str:
    """What a letter told of."""
    return one_of(value, {"controle": "control", "beoordeling": "review"}, LetterAbout, "about_unknown")


def control_kind(value: Cell) -> str:
    """How the patient was seen."""
    spoken = {"poli": "clinic", "telefonisch": "phone", "tel": "phone"}
    return one_of(value, spoken, ControlKind, "control_kind_unknown")

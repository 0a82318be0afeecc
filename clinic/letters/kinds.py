"""The kinds of letter as one table: whom it is for, what it is called, what it must carry, and who authorises it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from clinic.domain.vocabulary import ControlKind, StopReason
from clinic.letters.asked import begins, gp_prescribes, prescriber
from clinic.store.base import Json

NEXT_VISIT = ("control.", "agreed.control", "agreed.review", "pause.", "review.", "reassess.", "dose.", "course.close")


class Need(NamedTuple):
    """Something that a letter must carry: its code, and whether it is not there."""

    code: str
    lacks: Callable[[Json], bool]


class Kind(NamedTuple):
    """One kind of letter to a GP; a letter that tells of several facts is of several kinds."""

    code: str
    name: str
    tells: Callable[[Json], bool]
    needs: tuple[Need, ...]
    doctors_alone: bool = False


def followed(facts: Json) -> Json:
    """The treatment that runs and is followed here; of who left nothing more can be asked for."""
    return {} if facts.get("left") else facts["course"] or {}


def no_planned_end(facts: Json) -> bool:
    """A treatment runs or begins here of which nobody recorded how long it is meant to last, nor decided until when."""
    course = followed(facts)
    return (bool(course) and not course["recorded_end"]) or any(not begun["years"] for begun in begins(facts))


def repeats_without_end(facts: Json) -> bool:
    """The GP is asked to go on prescribing until a day that nobody recorded (ui/wording.md, the letter, 3)."""
    return gp_prescribes(facts) and no_planned_end(facts)


def no_prescriber(facts: Json) -> bool:
    """A treatment runs or begins here and nobody is said to prescribe it."""
    return bool(followed(facts) or begins(facts)) and not prescriber(facts)


def no_next_visit(facts: Json) -> bool:
    """A treatment runs that is controlled here, and nothing says when she is seen or spoken to again."""
    course = followed(facts)
    return (
        bool(course)
        and course["controls_by"] == "clinic"
        and not any(item["code"].startswith(NEXT_VISIT) for item in facts["items"])
    )


def no_dose(facts: Json) -> bool:
    """A treatment began of which dose or schedule is not recorded."""
    return any(not (begun["dose"] and begun["schedule"]) for begun in facts.get("starts", ()))


def no_values(facts: Json) -> bool:
    """A DXA of which no site has a T-score."""
    return any(not any(site["t"] for site in scan["sites"]) for scan in facts["scans"])


def fallen(facts: Json) -> bool:
    """What this letter was begun for no longer stands."""
    return bool(facts.get("untold"))


def no_handover(facts: Json) -> bool:
    """She is no longer followed and nothing says how long she used what, until when, and what would follow."""
    return not facts.get("handover")


PLANNED_END = Need("planned_end", no_planned_end)
REPEATS = Need("planned_end", repeats_without_end)
PRESCRIBER = Need("prescriber", no_prescriber)
NEXT = Need("next_visit", no_next_visit)
DOSE = Need("dose", no_dose)
HANDOVER = Need("handover", no_handover)
VALUES = Need("values", no_values)
STANDS = Need("fact", fallen)
POLICY = (STANDS, PLANNED_END, PRESCRIBER, NEXT)
"""What protocol 6 asks of a decision, and a GP must know from the first day of a treatment."""


def decided(*outcomes: str) -> Callable[[Json], bool]:
    """Whether the letter tells of a decision with one of these outcomes."""
    return lambda facts: any(review["outcome"] in outcomes for review in facts["reviews"])


def ends(outcome: str) -> Callable[[Json], bool]:
    """Whether the letter tells of such a decision, or of such an end that was recorded by itself."""

    def recorded(facts: Json) -> Iterator[str]:
        for stop in facts.get("stops", ()):
            yield "switch" if stop["reason"] == StopReason.SWITCH else "stop"

    return lambda facts: decided(outcome)(facts) or outcome in recorded(facts)


KINDS = (
    Kind("start", "start behandeling", lambda facts: bool(facts.get("starts")), (*POLICY, DOSE)),
    Kind("control", "controle", lambda facts: bool(facts["controls"]), (STANDS, REPEATS, NEXT)),
    Kind("dxa", "DXA-uitslag", lambda facts: bool(facts["scans"]), (STANDS, REPEATS, VALUES)),
    Kind("continue", "besluit behandelduur: doorgaan", decided("continue", "break_on", "restart"), POLICY, True),
    Kind("stop", "besluit behandelduur: stoppen", ends("stop"), POLICY, True),
    Kind("switch", "besluit behandelduur: ander middel", ends("switch"), POLICY, True),
    Kind("postpone", "besluit behandelduur: uitgesteld", decided("postpone"), POLICY, True),
    Kind("no_show", "gemiste afspraak", lambda facts: bool(facts.get("no_shows")), (STANDS,)),
    Kind("end", "einde controle", lambda facts: bool(facts["ended"]), (STANDS, HANDOVER)),
    Kind("correction", "correctie", lambda facts: bool(facts["replaces"]), (STANDS,)),
)
"""In the order in which a subject line names them; protocol S7 lets one letter carry several facts."""


def kinds_of(facts: Json) -> list[Kind]:
    """The kinds that these facts make of a letter."""
    return [kind for kind in KINDS if kind.tells(facts)]


def missing(facts: Json) -> list[Need]:
    """What the letter must carry and does not, each once."""
    needs = [STANDS, *(need for kind in kinds_of(facts) for need in kind.needs)]
    return list({need.code: need for need in needs if need.lacks(facts)}.values())


IN_A_BREAK = {"break_on": "besluit: behandelpauze voortgezet", "restart": "besluit: opnieuw starten"}
"""What a decision in a treatment break is called: it is none about how long a drug is gone on with."""

IN_BETWEEN = "tussentijds contact"
"""What a letter is called that corrects a control into a contact in between."""


def names(facts: Json) -> Iterator[str]:
    """What the letter is called by its kinds; a correction says so beside what it corrects."""
    for kind in kinds_of(facts):
        if kind.code == "continue":
            outcomes = (review["outcome"] for review in facts["reviews"])
            called = (kind.name if one == "continue" else IN_A_BREAK.get(one) for one in outcomes)
            yield from dict.fromkeys(name for name in called if name)
        elif kind.code == "control" and all(seen["kind"] == ControlKind.INTERIM for seen in facts["controls"]):
            yield IN_BETWEEN if facts.get("words", 1) >= 6 else kind.name
        elif kind.code != "correction":
            yield kind.name

"""Five hundred letters set and stored in series, and previewed, beside bare Typst on such letters in the same run.

In a process of its own, so that its memory is that of the letters alone.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import typst
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.domain.vocabulary import LetterAbout
from clinic.letters.render import STANDARDS, TEMPLATES, TO_GP, data_of
from clinic.letters.sentences import document
from clinic.security.permissions import Role
from clinic.services.letter_facts import facts_of
from clinic.services.letter_series import SERIES, authorise_all
from clinic.services.letter_states import digest, freeze
from clinic.services.letter_view import preview, view
from clinic.services.letters import draft_for
from clinic.services.work import Actor, Work
from clinic.store.base import Json, make_engine
from clinic.store.letters import Letter, LetterPage
from clinic.store.practices import Gp, Practice
from clinic.store.schema import migrate
from clinic.store.settings import ClinicSettings
from clinic.store.users import User
from tests.bench import memory
from tests.factories import make_control, make_course, make_patient

LETTERS, WARM = 500, 5
WAYS = ("typst", "stored", "whole", "preview")
TO_REACH = {"ratio": 1.5, "preview_ratio": 5.0, "peak_mb": 300.0}
TOGETHER = 100  # drafts made in one transaction
TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 9)  # noqa: DTZ001 - the store keeps UTC without a zone


def doctor(session: Session) -> Work:
    """A doctor at work in a clinic with a name, and a GP with an address."""
    user = User(username="doctor", name="dr. J. Visser", function="internist", role="doctor", may_authorise=True,
                density="comfortable", single_keys=True, active=True, created_at=NOW)  # fmt: skip
    where = Practice(name="De Terp", street="Terpwei", house_number="7", postcode="8598 AB", town="Oudeterp")
    clinic = ClinicSettings(id=1, hospital="Ziekenhuis Oudeterp", department="Polikliniek", phone="0513 200000")
    session.add_all([user, where, clinic])
    session.flush()
    session.add(Gp(practice_id=where.id, initials="S.", family_name="Hoekstra", kind="gp"))
    session.flush()
    return Work(session, Actor(user.id, user.name, user.function, Role.DOCTOR, True), NOW, TODAY)


def drafts(work: Work, number: int) -> list[int]:
    """So many patients, each with five years of controls and a draft about the last."""
    gp_id = work.session.scalar(select(Gp.id))
    found = []
    for place in range(number):
        patient = make_patient(work, own_name=f"Bakker{place}", gp_id=gp_id, birth_date=date(1940 + place % 30, 3, 14),
                               prescriber="huisarts")  # fmt: skip
        make_course(work, patient, started_on=date(2022, 1, 10), dose="70 mg", schedule="1× per week")
        for year in range(2022, 2026):
            make_control(work, patient, date(year, 11, 20), height_mm=1600 - place % 40, weight_g=60000 + 50 * place)
        control = make_control(work, patient, TODAY, height_mm=1590 - place % 40, weight_g=61000 + 50 * place)
        work.session.flush()
        letter_id = draft_for(work, patient, LetterAbout.CONTROL, TODAY, control.id)
        assert letter_id is not None
        found.append(letter_id)
        if place % TOGETHER == 0:
            work.commit()
            work.session.expunge_all()
    work.commit()
    work.session.expunge_all()
    return found


class Clocks:
    """Seconds spent on each way of doing a letter; they take turns, so that a busy machine troubles all alike."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(WAYS, 0.0)

    def time(self, name: str, how: Callable[[], object]) -> None:
        """Do it, and count."""
        began = time.perf_counter()
        how()
        self.seconds[name] += time.perf_counter() - began


def bare() -> Callable[[str], object]:
    """Typst alone, with one compiler that is kept."""
    compiler = typst.Compiler(
        str(TEMPLATES / f"{TO_GP}.typ"), root=str(TEMPLATES), font_paths=typst.Fonts(include_system_fonts=False)
    )
    how = {"format": "pdf", "pdf_standards": STANDARDS, "timestamp": NOW.replace(tzinfo=UTC)}
    return lambda data: compiler.compile(sys_inputs={"data": data}, **how)


def keep(work: Work, letters: list[Letter], facts: list[Json]) -> None:
    """Set each page, hash, keep it and write it down; a series is kept in one commit, as one confirmation does."""
    for letter, told in zip(letters, facts, strict=True):
        freeze(work, letter, told)
    work.commit()


def look(work: Work, letter_id: int) -> None:
    """What the page of a draft shows beside its words."""
    assert preview(work, view(work, letter_id), "svg")


def take_turns(work: Work, clocks: Clocks, letter_ids: list[int]) -> None:
    """Four series at a time: by Typst alone, set and stored, by the whole act of authorising, and previewed."""
    typst_alone, signed = bare(), {"name": "", "function": "", "role": "doctor", "at": ""}
    together = len(WAYS) * SERIES
    for start in range(0, len(letter_ids), together):
        four = letter_ids[start : start + together]
        first, second, third, fourth = (four[way :: len(WAYS)] for way in range(len(WAYS)))
        letters = {number: work.session.get_one(Letter, number) for number in (*first, *second, *third)}
        facts = {number: facts_of(work, letter) for number, letter in letters.items()}
        for number in first:
            words = data_of(document(facts[number], f"B{number}", signed), facts[number])
            clocks.time("typst", partial(typst_alone, words))
        clocks.time("stored", partial(keep, work, [letters[n] for n in second], [facts[n] for n in second]))
        seen = {number: (letters[number].version, digest(facts[number])) for number in third}
        clocks.time("whole", partial(authorise_all, work, seen))
        for number in fourth:
            clocks.time("preview", partial(look, work, number))
        work.session.expunge_all()


def measure(folder: Path) -> dict[str, float]:
    """All ways in one run."""
    url = f"sqlite:///{folder / 'letters.db'}"
    migrate(url)
    engine = make_engine(url)
    clocks = Clocks()
    with Session(engine, expire_on_commit=False) as session:
        work = doctor(session)
        letter_ids = drafts(work, len(WAYS) * (LETTERS + WARM))
        take_turns(work, Clocks(), letter_ids[: len(WAYS) * WARM])
        take_turns(work, clocks, letter_ids[len(WAYS) * WARM :])
        kept = len(session.scalars(select(LetterPage.letter_id)).all())
    engine.dispose()
    assert kept == 2 * (LETTERS + WARM)
    floor = clocks.seconds["typst"]
    return {
        "letters": LETTERS,
        **{f"{name}_s": round(spent, 3) for name, spent in clocks.seconds.items()},
        "ratio": round(clocks.seconds["stored"] / floor, 2),
        "whole_ratio": round(clocks.seconds["whole"] / floor, 2),
        "preview_ratio": round(clocks.seconds["preview"] / floor, 2),
        "peak_mb": round(memory.peak_mb()),
    }


def told(found: dict[str, float]) -> str:
    """Two lines for the table."""
    most = TO_REACH
    return (
        f"letters: {found['letters']:.0f} set and stored in {found['stored_s']} s; bare Typst {found['typst_s']} s; "
        f"ratio {found['ratio']}, at most {most['ratio']} (with composing anew and the checks {found['whole_ratio']})\n"
        f"a preview {found['preview_ratio']} bare compiles, at most {most['preview_ratio']:.0f}; "
        f"peak memory {found['peak_mb']:.0f} MB, at most {most['peak_mb']:.0f}"
    )


def run(folder: Path) -> dict[str, float]:
    """Measure and print the lines."""
    alone = [sys.executable, "-m", "tests.bench.letters", str(folder)]
    found: dict[str, float] = json.loads(subprocess.run(alone, check=True, stdout=subprocess.PIPE).stdout)
    print(told(found))
    return found


if __name__ == "__main__":
    if sys.argv[1:]:
        print(json.dumps(measure(Path(sys.argv[1]))))
    else:
        with tempfile.TemporaryDirectory(prefix="bench-") as name:
            run(Path(name))

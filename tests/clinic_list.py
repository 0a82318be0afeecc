"""A made-up list as a clinic keeps it in Excel: 1,400 patients, one a row, with every mess that such lists have.

`python -m tests.clinic_list` writes it to docs/examples; nobody in it exists.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from openpyxl import Workbook

ROWS = 1400
WRITTEN_ON = date(2026, 11, 20)
FILE = Path("docs/examples/clinic-list.xlsx")
PRACTICES = Path("docs/examples/clinic-practices.csv")
COLUMNS = (
    "PATNR", "NAAM", "VOORL", "GEBDAT", "M/V", "HUISARTS", "PLAATS", "MIDDEL", "START", "DUUR", "DEXA1", "T1",
    "DEXA2", "T2", "LAATSTE CONTROLE", "LENGTE", "GEWICHT", "VFA", "FRACTUUR", "FRACTUUR OP", "LAATSTE PRIK",
    "LAB OP", "KREAT", "VIT D", "BEOORDEELD", "BESLUIT", "TOT", "BRIEF", "VOLGENDE", "OPMERKING",
)  # fmt: skip
NAMES = (
    "Aalbers", "Bonte", "Craens", "Duinker", "Eggink", "Fokkens", "Grootveld", "Hazelaar", "Immink", "Jongepier",
    "Korenbloem", "Lindeboom", "Molenaar", "Nijboer", "Oostenrijk", "Populier", "Roggeveen", "Slotboom", "Tuinstra",
    "Veenhof", "Wilgenhof", "Zandstra",
)  # fmt: skip
GPS = ("Berkman", "Dijkgraaf", "Elzinga", "Hofland", "Kastanje", "Meerdink", "Rietveld", "Sluiter")
TOWNS = ("Almelo", "Borne", "Delden", "Goor", "Hengelo")
ORAL, GIVEN = ("Fosamax", "alendroninezuur", "Actonel", "risedronaat"), ("Prolia", "denosumab", "Aclasta")
Cell = str | float | int | date | None
Row = dict[str, Cell]


def rows() -> list[Row]:
    """Every row, the same each time; every so manieth is a mess."""
    chance = random.Random(1400)
    found = [patient(chance, number) for number in range(ROWS)]
    for mess in MESSES:
        for number in range(mess.first, ROWS, mess.every):
            mess.make(found[number])
    for number in range(SECOND_ROW_FROM, ROWS, SECOND_ROW_EVERY):
        found[number] = seen_again(found[number - 1])
    return found


def seen_again(row: Row) -> Row:
    """A second row of the same patient, added for a later visit, when she had another GP."""
    return {name: row.get(name) for name in SAME_PERSON} | {
        "HUISARTS": "Kastanje",
        "LAATSTE CONTROLE": WRITTEN_ON - timedelta(days=5), "LENGTE": row.get("LENGTE"), "GEWICHT": 61.0,
        "LAB OP": WRITTEN_ON - timedelta(days=5), "VIT D": 71,
    }  # fmt: skip


def practices() -> list[tuple[str, ...]]:
    """The GPs whom the list names, each at a practice; one town has two of one name, and one GP is not among them."""
    found = [("NR", "PRAKTIJK", "HUISARTS", "STRAAT", "HUISNR", "POSTCODE", "PLAATS")]
    places = [(name, town) for town in TOWNS for name in GPS[:-1]] + [(GPS[0], TOWNS[0])]
    for number, (name, town) in enumerate(places, start=1):
        found.append((str(number), f"Huisartsenpraktijk {name} {town}", name, "Dorpsstraat", str(number),
                      f"{7600 + number} AB", town))  # fmt: skip
    return found


def patient(chance: random.Random, number: int) -> Row:
    """A patient of whom everything is written as it should be."""
    given = chance.random() < 0.35
    start = WRITTEN_ON - timedelta(days=chance.randrange(200, 3900))
    drug = chance.choice(GIVEN if given else ORAL)
    seen = WRITTEN_ON - timedelta(days=chance.randrange(20, 700))
    row: Row = {
        "PATNR": str(500_000 + 7 * number), "NAAM": chance.choice(NAMES), "VOORL": f"{chance.choice('ABCDEGHJKLM')}.",
        "GEBDAT": date(1933, 1, 1) + timedelta(days=chance.randrange(11_000)),
        "M/V": "m" if chance.random() < 0.15 else "v", "HUISARTS": chance.choice(GPS), "PLAATS": chance.choice(TOWNS),
        "MIDDEL": drug, "START": start, "DUUR": chance.choice((3, 5, 5, 5)),
        "DEXA1": start - timedelta(days=chance.randrange(5, 60)), "T1": scores(chance),
        "LAATSTE CONTROLE": max(seen, start), "LENGTE": chance.randrange(1480, 1780) / 10,
        "GEWICHT": chance.randrange(480, 900) / 10,
    }  # fmt: skip
    if given:
        row["LAATSTE PRIK"] = max(start, WRITTEN_ON - timedelta(days=chance.randrange(10, 400)))
    return row | extras(chance, start)


def scores(chance: random.Random) -> str:
    """Both T-scores in one cell, with a point, a comma or a real minus."""
    spine, hip = (f"{chance.randrange(10, 40) / 10:.1f}" for _site in range(2))
    shape = chance.choice(("T LWK -{} / heup -{}", "LWK -{}; heup -{}", "lwk −{}, heup −{}"))
    text = shape.format(spine, hip)
    return text.replace(".", ",") if chance.random() < 0.5 else text


def extras(chance: random.Random, start: date) -> Row:
    """What only some rows tell."""
    row: Row = {}
    later = start + timedelta(days=chance.randrange(400, 1200))
    if later < WRITTEN_ON:
        row |= {"DEXA2": later, "T2": scores(chance)}
    if chance.random() < 0.4:
        row |= {"FRACTUUR": chance.choice(("pols", "wervel", "heup", "bovenarm", "enkel")),
                "FRACTUUR OP": chance.choice(("2018", "nov 2019", "najaar 2017"))}  # fmt: skip
    if row.get("FRACTUUR") == "enkel":
        row["FRACTUUR"] = "other"
    if chance.random() < 0.3:
        row |= {"LAB OP": WRITTEN_ON - timedelta(days=chance.randrange(10, 300)),
                "KREAT": chance.randrange(45, 120), "VIT D": chance.randrange(25, 110)}  # fmt: skip
    if chance.random() < 0.2:
        row["VFA"] = start
    if start < date(2021, 1, 1) and chance.random() < 0.5:
        row |= {"BEOORDEELD": date(2025, 6, 2), "BESLUIT": "doorgaan", "TOT": date(2027, 6, 1)}
    if chance.random() < 0.5:
        row["BRIEF"] = WRITTEN_ON - timedelta(days=chance.randrange(15, 400))
    if chance.random() < 0.3:
        row["VOLGENDE"] = WRITTEN_ON + timedelta(days=chance.randrange(-60, 300))
    return row


@dataclass(frozen=True, slots=True)
class Mess:
    """What goes wrong in a list, in which rows, and what the import says of it."""

    says: str
    first: int
    every: int
    make: Callable[[Row], None]


def put(**cells: Cell) -> Callable[[Row], None]:
    """Write these cells; an underscore stands for a space."""
    return lambda row: row.update({name.replace("_", " "): cell for name, cell in cells.items()})


def same_number(row: Row) -> None:
    """The number of another row, as when a line was copied."""
    row["PATNR"] = str(int(str(row["PATNR"])) - 7)


def titled(row: Row) -> None:
    """The GP as people write her: "dr. A. Berkman, huisarts"."""
    row["HUISARTS"] = f"dr. A. {row['HUISARTS']}"


SECOND_ROW_FROM, SECOND_ROW_EVERY = 154, 310
SAME_PERSON = ("PATNR", "NAAM", "VOORL", "GEBDAT", "M/V", "HUISARTS", "PLAATS", "MIDDEL", "START", "DUUR")
MESSES = (
    Mess("start known to the month", 3, 11, put(START="nov 2021")),
    Mess("start known to the year", 5, 13, put(START="2020", LAATSTE_PRIK=None)),
    Mess("drug by brand and dose", 8, 17, put(MIDDEL="Fosamax 70 mg 1x/wk", LAATSTE_PRIK=None)),
    Mess("score_above_zero", 12, 61, put(T1="T LWK 2.8 / heup -2,1")),
    Mess("scores_unreadable", 20, 70, put(T1="zie brief")),
    Mess("number_unreadable", 31, 140, put(LAB_OP=date(2026, 6, 1), KREAT="<30", VIT_D=None)),
    Mess("measurement_impossible", 40, 100, put(LENGTE=1.62)),
    Mess("day_missing", 47, 120, put(DEXA1="2019")),
    Mess("first_of_month", 52, 60, put(DEXA1="3-2019")),
    Mess("in_future", 66, 200, put(LAATSTE_CONTROLE=date(2027, 2, 1))),
    Mess("date_unreadable", 71, 175, put(GEBDAT="31-2-1940")),
    Mess("key_twice", 88, 233, same_number),
    Mess("GP with title and initial", 2, 7, titled),
    Mess("gp_not_one", 17, 90, put(HUISARTS="waarnemer", PLAATS="Almelo")),
    Mess("drug_unknown", 95, 150, put(MIDDEL="calcium", LAATSTE_PRIK=None)),
    Mess("sex_unknown", 101, 350, put(**{"M/V": "?"})),
)


def write_practices(path: Path) -> None:
    """The practices as a file with semicolons."""
    path.write_text("".join(f"{';'.join(row)}\n" for row in practices()), encoding="utf-8")


def write(path: Path, first: int = ROWS) -> None:
    """The list as a workbook, or only its first rows."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "osteoporose"
    sheet.append(COLUMNS)
    for row in rows()[:first]:
        sheet.append([row.get(column) for column in COLUMNS])
    book.save(path)


if __name__ == "__main__":
    write(FILE)
    write_practices(PRACTICES)

"""Made-up people: Dutch names, addresses and test numbers that no real person carries."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)
FIRST_TEST_BSN, LAST_TEST_BSN = 999900000, 999999999

SURNAMES: tuple[tuple[str | None, str], ...] = (
    ("de", "Jong"), (None, "Jansen"), ("de", "Vries"), ("van den", "Berg"), ("van", "Dijk"), (None, "Bakker"),
    (None, "Janssen"), (None, "Visser"), (None, "Smit"), (None, "Meijer"), ("de", "Boer"), (None, "Mulder"),
    ("de", "Groot"), (None, "Bos"), (None, "Vos"), (None, "Peters"), (None, "Hendriks"), ("van", "Leeuwen"),
    (None, "Dekker"), (None, "Brouwer"), ("de", "Wit"), (None, "Dijkstra"), (None, "Smits"), ("de", "Graaf"),
    ("van der", "Meer"), ("van der", "Linden"), (None, "Kok"), (None, "Jacobs"), ("de", "Haan"), (None, "Vermeulen"),
    ("van den", "Heuvel"), ("van der", "Veen"), ("van den", "Broek"), ("de", "Bruijn"), (None, "Schouten"),
    ("van", "Beek"), ("van der", "Heijden"), (None, "Willems"), (None, "Vink"), (None, "Hoekstra"), (None, "Maas"),
    (None, "Verhoeven"), (None, "Koster"), ("van", "Dam"), ("van der", "Wal"), (None, "Prins"), (None, "Blom"),
    (None, "Huisman"), (None, "Peeters"), ("de", "Jonge"), (None, "Kuipers"), ("van", "Veen"), (None, "Postma"),
    (None, "Kuiper"), (None, "Veenstra"), (None, "Kramer"), ("van den", "Brink"), (None, "Scholten"), ("van", "Wijk"),
    (None, "Yılmaz"), (None, "Özdemir"), (None, "El Amrani"), (None, "Çelik"), (None, "Nguyễn"), (None, "Kowalska"),
    ("'t", "Hart"), ("in 't", "Veld"), (None, "Łuczak"), (None, "Ångström"), (None, "Sørensen"),
)  # fmt: skip
INITIALS = ("A.", "M.", "J.M.", "C.", "W.", "H.G.", "E.", "P.", "T.J.", "G.", "B.", "M.C.", "A.W.", "I.", "R.", "S.")
TOWNS = (("Oudeterp", "8598 AC"), ("Waterhuizen", "9751 SB"), ("Duinrode", "1943 KL"), ("Lindenoord", "7211 GE"))
STREETS = ("Dorpsstraat", "Molenweg", "Kerkpad", "Lindelaan", "Vaartkade", "Terpwei", "Duinroosstraat", "Parallelweg")


@dataclass(frozen=True, slots=True)
class Person:
    """One made-up person."""

    initials: str
    own_prefix: str | None
    own_name: str
    partner_prefix: str | None
    partner_name: str | None
    name_order: str
    sex: str
    birth_date: date
    street: str
    house_number: str
    postcode: str
    town: str
    phone: str


KNOWN = (
    ("A.", None, "Jansen", "de", "Vries", "partner_own"),
    ("M.", None, "Yıldız", None, "Kaya", "own_partner"),
    ("W.", "van den", "Berg", None, None, "own"),
    ("C.", None, "Bakker", "van der", "Meer", "partner"),
)


def test_bsns() -> Iterator[str]:
    """Every number of the test block 9999xxxxx that passes the elfproef, in order (some 9,090)."""
    for number in range(FIRST_TEST_BSN, LAST_TEST_BSN + 1):
        text = str(number)
        if sum(int(digit) * weight for digit, weight in zip(text, WEIGHTS, strict=True)) % 11 == 0:
            yield text


def named(rng: random.Random, number: int) -> tuple[str, str | None, str, str | None, str | None, str]:
    """Initials, own name, partner's name and their order; the first few are fixed."""
    if number < len(KNOWN):
        return KNOWN[number]
    own, partner = rng.choice(SURNAMES), rng.choice(SURNAMES)
    order = rng.choices(("own", "partner_own", "partner", "own_partner"), (4, 4, 1, 1))[0]
    if order == "own":
        return rng.choice(INITIALS), *own, None, None, "own"
    return rng.choice(INITIALS), *own, *partner, order


def person(rng: random.Random, number: int, today: date) -> Person:
    """Person number `number`: 55 to 92 years old, one in eight a man."""
    initials, own_prefix, own, partner_prefix, partner, order = named(rng, number)
    town, postcode = rng.choice(TOWNS)
    return Person(
        initials, own_prefix, own, partner_prefix, partner, order,
        sex="male" if number >= len(KNOWN) and rng.random() < 0.125 else "female",
        birth_date=today - timedelta(days=rng.randint(55 * 365, 92 * 365)),
        street=rng.choice(STREETS),
        house_number=str(rng.randint(1, 240)),
        postcode=postcode,
        town=town,
        phone=f"06 {rng.randint(10000000, 99999999)}",
    )  # fmt: skip

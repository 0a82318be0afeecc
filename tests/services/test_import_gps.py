"""A GP whom a list only writes down is found by code, name and place, and never guessed."""

import pytest

from clinic.interop import imports as interop
from clinic.interop import mapping, tables
from clinic.services import imports
from clinic.services.imports import Import
from clinic.store.patients import Patient
from clinic.store.practices import Gp, Practice

TOML = b"""kind = "patients"
[fields]
key = "{NR}"
number = "{NR}"
own_name = "Jansen"
birth_date = "1-5-19{NR}"
sex = "v"
gp_agb = "{AGB}"
gp_name = "{HA}"
gp_town = "{PLAATS}"
"""


@pytest.fixture
def bring(work):
    """Two GPs with one name in two towns; the manager brings these rows in."""
    manager = work("manager")
    for town, agb in (("Almelo", "01000001"), ("Borne", "01000002")):
        practice = Practice(name="De Brink", town=town)
        manager.session.add(Gp(practice=practice, kind="gp", prefix="van", family_name="Dijk", agb=agb))
    manager.session.add(Gp(practice=Practice(name="De Es", town="Almelo"), kind="gp", family_name="Prins"))
    manager.session.commit()

    def start(*rows):
        content = "\n".join(("NR;AGB;HA;PLAATS", *rows)).encode()
        parsed = interop.parse(tables.read(content, "list.csv"), mapping.parse(TOML, interop.FIELDS))
        return imports.commit(work("manager"), Import(parsed, "list.csv", "0" * 64))

    return start


@pytest.mark.parametrize(
    ("written", "town"),
    [
        ("01000002;;", "Borne"),
        ("01000002;dr. J. van Dijk;", "Borne"),
        (";dr. van Dijk;ALMELO", "Almelo"),
        (";van Dijk;", None),
        ("01000002;Bakker;", None),
        ("01000009;van Dijk;Almelo", None),
        (";Bakker;Almelo", None),
        (";;", None),
    ],
)
def test_only_the_one_who_fits_everything_that_is_written_is_taken(bring, session, written, town):
    outcome = bring(f"50;{written}")
    gp = session.query(Patient).one().gp
    assert (gp.practice.town if gp else None) == town
    assert [told.code for told in outcome.told] == (["gp_matched"] if town else [])
    assert [found.code for found in outcome.complaints] == ([] if town or written == ";;" else ["gp_not_one"])


def test_each_way_of_writing_is_told_once_with_its_patients(bring):
    outcome = bring("50;;van Dijk;Borne", "51;;van Dijk;Borne", "52;;Dijk;Borne")
    assert [told.params["patients"] for told in outcome.told] == [2]
    assert [found.params["patients"] for found in outcome.complaints] == [1]


def test_whom_a_person_chose_is_not_overruled_by_the_list(bring, work, session):
    bring("50;;van Dijk;Borne")
    manager = work("manager")
    patient = manager.session.query(Patient).one()
    patient.gp = next(gp for gp in manager.session.query(Gp) if gp.practice.town == "Almelo")
    manager.session.commit()
    assert bring("50;;van Dijk;Borne").changed == 0
    session.expire_all()
    assert session.query(Patient).one().gp.practice.town == "Almelo"

"""Dutch names are found as people type them and sorted as a clinic sorts them."""

from __future__ import annotations

import pytest

from clinic.services.names import keys, normalised, sort_key
from clinic.store.patients import Patient


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("Yıldız", "yildiz"), ("ÇELİK", "celik"), ("Łuczak", "luczak"), ("van 't Hart", "van t hart"),
        ("Ångström", "angstrom"), ("de Vries-Jansen", "de vries jansen"), ("  Bakker ", "bakker"),
        ("Sørensen", "sorensen"),
    ],
)  # fmt: skip
def test_case_marks_and_hyphens_do_not_stand_in_the_way(typed: str, key: str) -> None:
    assert normalised(typed) == key


def test_mrs_de_vries_jansen_sorts_under_v_and_is_found_by_either_name() -> None:
    patient = Patient(
        initials="A.", own_name="Jansen", partner_prefix="de", partner_name="Vries", name_order="partner_own"
    )
    assert sort_key(patient) == "vries jansen a de"
    assert keys(patient) == {"jansen", "vries", "de vries", "de vries jansen", "vries jansen"}


def test_who_uses_her_own_name_first_sorts_under_it() -> None:
    patient = Patient(own_prefix="van den", own_name="Berg", partner_name="Kaya", name_order="own_partner")
    assert sort_key(patient).startswith("berg kaya")
    assert "van den berg" in keys(patient)


def test_who_never_married_has_one_name() -> None:
    patient = Patient(initials="P.", own_prefix="in 't", own_name="Veld", name_order="own")
    assert sort_key(patient) == "veld p in t"
    assert keys(patient) == {"veld", "in t veld"}

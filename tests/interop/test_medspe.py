"""A letter as MEDSPE: what is written reads back word for word, and what pydifact would let pass is refused."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.interop import edifact, medspe
from clinic.interop.edifact import Segment, Unreadable, read, segment, write
from clinic.interop.medspe import Letter, Person, faults, message

WORDS = st.text(st.characters(min_codepoint=32, max_codepoint=255, blacklist_categories=("Cc",)), max_size=90)
GP = Person(own="Verhoeven", initials="E.")
HER = Person("Dijk", "van der", "Peters", "de", "", "M.")
LETTER = Letter(
    "2601", "500000101", "500000201", datetime(2026, 8, 31, 9, 30), "01012345", GP, "Interne geneeskunde",  # noqa: DTZ001
    "Dr. A. Test", "", date(1975, 3, 18), "V", HER, "", "999990019", "", "", "", "", "",
    ["5'jaars evaluatie: T-score −2,6"],
)  # fmt: skip


def broken(change):
    """The faults of a message after a change to its segments."""
    return " ".join(faults(change(read(message(LETTER)))))


def swapped(found, tag, new):
    """The message with another segment of this tag."""
    return [new if part.tag == tag else part for part in found]


def test_the_example_of_the_specification_is_written_sign_by_sign():
    assert message(LETTER).decode() == (
        "UNB+UNOA:1+500000101+500000201+260831:0930+2601'UNH+2601+MEDSPE:1'ART+H+012345+Verhoeven::E.'"
        "SPE+Interne geneeskunde+Dr. A. Test'PID+1975:03:18+V+Dijk:van der:Peters:de::M.++BSN999990019'"
        "DET+26:08:31+09:30'TXT+5?'jaars evaluatie?: T-score -2,6'UNT+7+2601'UNZ+1+2601'"
    )


@given(st.lists(WORDS, min_size=1, max_size=30), WORDS, WORDS)
def test_every_letter_reads_back_word_for_word_in_lines_of_seventy(lines, name, street):
    letter = LETTER._replace(lines=lines, patient=Person(own=name.strip() or "X", partner=name), street=street)
    found = read(message(letter))
    assert faults(found) == []
    told = medspe.text_of(found)
    assert max(map(len, told)) <= medspe.LINE
    assert "".join(told) == "".join(edifact.carried(line) for line in lines)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_are_refused_in_words(content):
    try:
        found = read(content)
    except Unreadable:
        return
    assert faults(found), "chance does not write a letter"


@given(st.integers(0, 8), st.integers(0, 8))
def test_a_message_with_two_segments_changed_about_is_refused(one, other):
    found = read(message(LETTER))
    mixed = list(found)
    mixed[one], mixed[other] = mixed[other], mixed[one]
    assert bool(faults(mixed)) == (mixed != found)


@pytest.mark.parametrize(("change", "said"), [
    (lambda m: swapped(m, "UNT", segment("UNT", "8", "2601")), "UNT telt 8 segmenten, het zijn er 7."),
    (lambda m: swapped(m, "UNT", segment("UNT", "7", "2602")), "controlenummers"),
    (lambda m: swapped(m, "UNZ", segment("UNZ", "2", "2601")), "UNZ telt"),
    (lambda m: swapped(m, "TXT", segment("TXT", "x" * 71)), "TXT element 1 is te lang."),
    (lambda m: swapped(m, "DET", segment("DET", ("26", "08", "31", "00"))), "DET element 1 is te lang."),
    (lambda m: swapped(m, "DET", Segment("BGM", ())), "BGM bestaat niet"),
    (lambda m: [part for part in m if part.tag != "TXT"], "TXT staat 0 keer"),
    (lambda m: swapped(m, "ART", segment("ART", "H", "", ("Verhoeven",))), "De AGB-code"),
    (lambda m: swapped(m, "UNB", segment("UNB", ("UNOA", "1"), "", "", ("260831", "0930"), "2601")), "eigen postbus"),
    (lambda m: m[:-1], "UNZ staat 0 keer"),
])  # fmt: skip
def test_what_the_tokeniser_lets_pass_is_found(change, said):
    assert said in broken(change)


def test_long_names_are_cut_to_their_place_and_the_text_never():
    own = "Wolferdinck van Ommeren tot Heukelom-Schimmelpenninck"
    long = Person(own=own, own_prefix="van der", first="Maria-Louise")
    [about] = [part for part in read(message(LETTER._replace(patient=long))) if part.tag == "PID"]
    assert (about.at(2, 2), about.at(2, 4)) == ("Wolferdinck van Ommeren tot He", "Maria-Louise")


def test_signs_that_latin_lacks_travel_as_their_twin_or_not_at_all():
    assert edifact.carried("Żółć ≥ “2”".replace("ł", "l").replace("≥", "–")) == 'Zólc - "2"'
    for words in ("骨", "regel\nregel"):
        with pytest.raises(Unreadable, match="kan niet in een EDIFACT-bericht"):
            message(LETTER._replace(lines=[words]))


def test_a_message_without_its_mailbox_or_that_reads_back_otherwise_does_not_leave(monkeypatch):
    with pytest.raises(Unreadable, match="De postbus van de praktijk ontbreekt"):
        message(LETTER._replace(mailbox=""))
    monkeypatch.setattr(medspe, "read", lambda content: [])
    with pytest.raises(Unreadable, match="leest anders terug"):
        message(LETTER)


def test_the_table_stands_in_the_order_of_the_specification():
    body = "UNB UNH ART SPE ZKH AFD PID PAD DET KOP REF TXT CON UNT UNZ"
    assert " ".join(rule.tag for rule in medspe.RULES) == body


def test_a_full_letter_names_hospital_address_and_reference():
    full = LETTER._replace(hospital="Ziekenhuis Oudeterp", street="Terpwei", house_number="7", town="Oudeterp",
                           postcode="8598 AB", reference="B2026-000123")  # fmt: skip
    found = read(message(full))
    assert [part.tag for part in found][4:9] == ["ZKH", "PID", "PAD", "DET", "REF"]
    assert write(found) == message(full)

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
    return [(wrong.code, *wrong.told.values()) for wrong in faults(change(read(message(LETTER))))]


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


@given(st.lists(WORDS, min_size=1, max_size=12), st.integers(0, 11), st.integers(0, 11))
def test_a_letter_reads_back_in_its_own_order_with_its_conclusion_in_the_rubric_for_it(lines, first, last):
    concluded = lines[first : last + 1]
    letter = LETTER._replace(lines=[*lines, medspe.BELOW[:-1]], conclusion=concluded)
    found = read(message(letter))
    whole = medspe.pieces(letter.lines, edifact.LATIN_1)
    assert medspe.text_of(found) == whole
    apart = [part.at(0) for part in found if part.tag == "CON"]
    assert apart == medspe.pieces(concluded, edifact.LATIN_1)
    said = [part.at(0) for part in found if part.tag == "TXT" and part.at(0) != medspe.BELOW]
    assert len(said) + len(apart) == len(whole), "nothing stands twice"


DECIDED = ["Betreft: besluit", "", "BESLUIT", "Stop na 5 jaar.", "", "Met vriendelijke groet,"]


@pytest.mark.parametrize(("lines", "conclusion", "apart"), [
    (DECIDED, ["BESLUIT", "Stop na 5 jaar."], ["BESLUIT", "Stop na 5 jaar."]),
    (DECIDED, ["Besluit − kort"], []),
    (DECIDED, [], []),
    ([*DECIDED, medspe.BELOW], ["BESLUIT", "Stop na 5 jaar."], []),
    (["T-score −2,6" + "x" * 70, "Klaar"], ["T-score −2,6" + "x" * 70], ["T-score -2,6" + "x" * 58, "x" * 12]),
])  # fmt: skip
def test_the_conclusion_stands_apart_when_it_can_be_read_back_in_its_place(lines, conclusion, apart):
    found = read(message(LETTER._replace(lines=lines, conclusion=conclusion)))
    assert [part.at(0) for part in found if part.tag == "CON"] == apart
    assert medspe.text_of(found) == medspe.pieces(lines, edifact.LATIN_1)


def test_a_conclusion_from_elsewhere_follows_the_text():
    found = [segment("TXT", "Geachte collega,"), segment("CON", "Stop na 5 jaar.")]
    assert medspe.text_of(found) == ["Geachte collega,", "Stop na 5 jaar."]


@pytest.mark.parametrize(("names", "told"), [
    ((), []),
    (("patiënte",), [("NAAR",), ("patiënte",)]),
    (("A", "B", "C", "D", "E", "F", "G"), [("NAAR",), ("A",), ("B",), ("C",), ("D",), ("E",)]),
    (("J. de Boer, specialist ouderengeneeskunde",), [("NAAR",), ("J. de Boer, specialist ouderengeneeskund",)]),
])  # fmt: skip
def test_up_to_five_who_receive_a_copy_are_named_for_the_system(names, told):
    found = read(message(LETTER._replace(copies=names)))
    assert [list(part.elements) for part in found if part.tag == "KOP"] == ([told] if told else [])
    assert faults(found) == []


NOËLLE = "Noëlle Groß-çelik 100 % 'x'"


@pytest.mark.parametrize(("charset", "words", "travels"), [
    (edifact.LATIN_1, NOËLLE, NOËLLE),
    (edifact.ASCII, NOËLLE, "Noelle Gross-celik 100 % 'x'"),
    (edifact.LATIN_1, "Łukasz Żółć ≥ −2,5", "Lukasz Zólc >= -2,5"),
    (edifact.ASCII, "Łukasz Żółć ≤ −2,5", "Lukasz Zolc <= -2,5"),
    (edifact.ASCII, "Sørensen, Æsa, Þór, Đorđe, Œuvre", "Sorensen, AEsa, Thor, Dorde, OEuvre"),
    (edifact.ASCII, "BMI 24,2 kg/m², 37,5 °C, ½ tablet", "BMI 24,2 kg/m2, 37,5 grC, 1/2 tablet"),
    (edifact.ASCII, "co\u00adoperatie · «ja»", 'cooperatie - "ja"'),
])  # fmt: skip
def test_a_message_carries_the_signs_that_its_receiver_reads(charset, words, travels):
    letter = LETTER._replace(lines=[words], charset=charset, patient=HER._replace(first=words))
    content = message(letter)
    assert medspe.text_of(read(content)) == [travels]
    [about] = [part for part in read(content) if part.tag == "PID"]
    assert about.at(2, 4) == travels[:12].rstrip()
    content.decode({"latin_1": "latin-1", "ascii": "ascii"}[charset])


@pytest.mark.parametrize(("charset", "words"), [(edifact.ASCII, "¤"), (edifact.ASCII, "骨"), (edifact.LATIN_1, "Ω")])
def test_a_sign_for_which_no_plain_one_stands_is_refused_with_that_sign(charset, words):
    with pytest.raises(Unreadable, match="message_sign"):
        message(LETTER._replace(lines=[words], charset=charset))


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
    (lambda m: swapped(m, "UNT", segment("UNT", "8", "2601")), ("message_segments", "8", "7")),
    (lambda m: swapped(m, "UNT", segment("UNT", "7", "2602")), ("message_control",)),
    (lambda m: swapped(m, "UNZ", segment("UNZ", "2", "2601")), ("message_messages",)),
    (lambda m: swapped(m, "TXT", segment("TXT", "x" * 71)), ("message_long", "TXT", "1")),
    (lambda m: swapped(m, "DET", segment("DET", ("26", "08", "31", "00"))), ("message_long", "DET", "1")),
    (lambda m: swapped(m, "DET", Segment("BGM", ())), ("message_unknown", "BGM")),
    (lambda m: [part for part in m if part.tag != "TXT"], ("message_times", "TXT", "0")),
    (lambda m: swapped(m, "ART", segment("ART", "H", "", ("Verhoeven",))), ("message_agb", "ART", "2")),
    (lambda m: swapped(m, "UNB", segment("UNB", ("UNOA", "1"), "", "", ("260831", "0930"), "2601")),
     ("message_own_mailbox", "UNB", "2")),
    (lambda m: m[:-1], ("message_times", "UNZ", "0")),
    (lambda m: [*m[:6], segment("KOP", "NAAR", ("x" * 41,)), *m[6:]], ("message_long", "KOP", "2")),
    (lambda m: [*m[:6], segment("KOP", "NAAR", ("a", "b")), *m[6:]], ("message_long", "KOP", "2")),
    (lambda m: [*m[:6], segment("KOP", "NAAR", *"abcdef"), *m[6:]], ("message_long", "KOP", "7")),
    (lambda m: [*m[:6], segment("KOP", "NAAR"), *m[6:]], ("message_lacks", "KOP", "2")),
    (lambda m: [*m[:6], *2 * [segment("KOP", "NAAR", ("x",))], *m[6:]], ("message_times", "KOP", "2")),
    (lambda m: [*m[:5], segment("KOP", "NAAR", ("x",)), *m[5:]], ("message_order", "DET")),
    (lambda m: [*m[:6], segment("CON", "Stop."), *m[6:]], ("message_order", "TXT")),
    (lambda m: [*m[:7], segment("CON", "x" * 71), *m[7:]], ("message_long", "CON", "1")),
])  # fmt: skip
def test_what_the_tokeniser_lets_pass_is_found(change, said):
    assert said in broken(change)


def test_long_names_are_cut_to_their_place_and_the_text_never():
    own = "Wolferdinck van Ommeren tot Heukelom-Schimmelpenninck"
    long = Person(own=own, own_prefix="van der", first="Maria-Louise")
    [about] = [part for part in read(message(LETTER._replace(patient=long))) if part.tag == "PID"]
    assert (about.at(2, 2), about.at(2, 4)) == ("Wolferdinck van Ommeren tot He", "Maria-Louise")


@pytest.mark.parametrize(("change", "places"), [
    ({}, []),
    ({"patient": HER._replace(own="W" * 31, first="M" * 13, initials="A.B.C.D.E.")}, ["PID 3.3", "PID 3.5", "PID 3.6"]),
    ({"patient": HER._replace(partner_prefix="uit den ")}, []),
    ({"patient": HER._replace(own="ß" * 16), "charset": edifact.ASCII}, ["PID 3.3"]),
    ({"gp": GP._replace(own_prefix="van de der")}, ["ART 3.2"]),
    ({"copies": ("A" * 40, "B" * 41)}, ["KOP 3.1"]),
    ({"lines": ["x" * 90], "conclusion": ["x" * 90]}, []),
])  # fmt: skip
def test_where_a_name_is_cut_is_told_by_its_place(change, places):
    assert medspe.shortened(LETTER._replace(**change)) == places


def test_signs_that_latin_lacks_travel_as_their_twin_or_not_at_all():
    assert edifact.carried("Żółć ≥ “2”".replace("ł", "l").replace("≥", "–")) == 'Zólc - "2"'
    for words in ("骨", "regel\nregel"):
        with pytest.raises(Unreadable, match="message_sign"):
            message(LETTER._replace(lines=[words]))


def test_a_message_without_its_mailbox_or_that_reads_back_otherwise_does_not_leave(monkeypatch):
    with pytest.raises(Unreadable, match="message_mailbox"):
        message(LETTER._replace(mailbox=""))
    monkeypatch.setattr(medspe, "read", lambda content: [])
    with pytest.raises(Unreadable, match="message_otherwise"):
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

"""A calendar as other programs read it (RFC 5545)."""

from __future__ import annotations

from datetime import date, datetime

from clinic.interop.icalendar import Event, calendar

HALF_PAST_NINE, BOOKED = datetime(2026, 11, 24, 9, 30), datetime(2026, 11, 2, 8, 0)  # noqa: DTZ001 - UTC, without a zone


def event(**given):
    plain = {
        "uid": "appointment-1@botwacht", "title": "Controle", "place": "B1.14", "starts": HALF_PAST_NINE,
        "minutes": 15, "changed": BOOKED, "revision": 0, "cancelled": False,
    }  # fmt: skip
    return Event(**plain | given)


def unfolded(content: bytes) -> list[str]:
    """The lines as a calendar program reads them."""
    return content.decode().replace("\r\n ", "").removesuffix("\r\n").split("\r\n")


def test_an_appointment_says_when_in_utc_and_for_how_long():
    lines = unfolded(calendar("Botwacht", [event()]))
    assert (lines[0], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    assert {"UID:appointment-1@botwacht", "DTSTART:20261124T093000Z", "DTEND:20261124T094500Z"} <= set(lines)
    assert {"DTSTAMP:20261102T080000Z", "SEQUENCE:0", "STATUS:CONFIRMED", "LOCATION:B1.14"} <= set(lines)


def test_without_an_hour_it_takes_the_day_until_the_next_one():
    lines = unfolded(calendar("Botwacht", [event(starts=date(2026, 12, 31), place="")]))
    assert {"DTSTART;VALUE=DATE:20261231", "DTEND;VALUE=DATE:20270101"} <= set(lines)
    assert not [line for line in lines if line.startswith("LOCATION")]


def test_what_fell_through_is_said_to_be_cancelled():
    assert "STATUS:CANCELLED" in unfolded(calendar("Botwacht", [event(cancelled=True)]))


def test_text_cannot_begin_another_line_or_value():
    lines = unfolded(calendar("Botwacht", [event(place="Poli; gang 2,\nkamer\\3\r\nEND:VEVENT")]))
    assert "LOCATION:Poli\\; gang 2\\,\\nkamer\\\\3\\nEND:VEVENT" in lines
    assert lines.count("END:VEVENT") == 1


def test_a_line_is_at_most_75_octets_and_no_letter_is_cut():
    place = "Röntgenafdeling, " * 20
    content = calendar("Botwacht", [event(place=place)])
    assert max(len(line) for line in content.split(b"\r\n")) <= 75
    assert content.count(b"\n") == content.count(b"\r\n")
    assert "LOCATION:" + place.replace(",", "\\,") in unfolded(content)

"""Charts: the same drawing fits every width, says its values in words, and passes a strict policy."""

from __future__ import annotations

import re
from datetime import date
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.web import charts
from clinic.web.charts import Bar, Course, Event, Frame, Series, Span

TODAY = date(2026, 11, 23)
PAUSE = Span(date(2023, 6, 4), date(2023, 10, 2), "Onderbreking 120 d")
COURSE = Course("Alendroninezuur", date(2022, 1, 18), TODAY, date(2027, 5, 18), "5 jaar", (PAUSE,))
AXIS = charts.frame(TODAY, [date(2021, 11, 20)], [COURSE])
SPINE = Series("LWK", ((date(2021, 12, 1), -2.9), (date(2026, 10, 12), -2.4)), "s-lwk")
HIP = Series("Totale heup", ((date(2021, 12, 1), -2.1), (date(2026, 10, 12), -2.4)), "s-heup", "tri")


def drawn(markup: str) -> ElementTree.Element:
    """The drawing as a tree: it must be well-formed."""
    return ElementTree.fromstring(markup)


def bar(course: Course = COURSE, far: date | None = date(2032, 5, 18)) -> str:
    """A bar with its words."""
    return charts.treatment_bar(
        Bar(course, TODAY, "Start", "Vandaag", "Behandeling", far, "10 jaar", now_more="4 jaar", far_more="in al")
    )


def all_rows() -> list[str]:
    """One drawing of each kind."""
    return [
        bar(),
        charts.axis_row(AXIS, "Jaren"),
        charts.course_row(AXIS, "Behandeling"),
        charts.lines_row(AXIS, [SPINE, HIP], "T", limit=-2.5),
        charts.lines_row(AXIS, [], "Lengte"),
        charts.events_row(AXIS, [Event(date(2021, 11, 20), "Wervel Th12")], "Fracturen"),
        charts.sparkline([161.2, 160.8, 159.4], "Lengte", limit=159.2),
    ]


@pytest.mark.parametrize("markup", all_rows())
def test_every_drawing_is_well_formed_named_and_without_style_or_script(markup: str) -> None:
    tree = drawn(markup)
    assert tree.get("role") == "img"
    assert tree.get("aria-label")
    assert "style" not in markup
    assert "<script" not in markup


@pytest.mark.parametrize("markup", all_rows())
def test_x_is_in_per_cent_so_one_drawing_fits_every_width(markup: str) -> None:
    for x in re.findall(r' x[12]?="([^"]+)"', markup):
        assert x == "0" or x.endswith("%")
        assert 0 <= float(x.rstrip("%")) <= 100


def test_the_bar_shows_start_planned_end_the_far_end_and_the_interruption() -> None:
    markup = bar()
    for text in ("18-01-2022", "18-05-2027", "18-05-2032", "Onderbreking 120 d", "Vandaag"):
        assert text in markup


def test_a_phone_has_no_room_for_what_is_more() -> None:
    markup = bar(Course("Alendroninezuur", date(2022, 1, 18), TODAY))
    assert '>Vandaag<tspan class="wide">, 4 jaar</tspan></text>' in markup
    assert '>10 jaar<tspan class="wide"> in al</tspan></tspan>' in markup


def test_a_drug_that_was_just_started_is_named_in_what_is_planned() -> None:
    before = charts.Course("Alendroninezuur", date(2020, 1, 1), date(2026, 6, 1))
    just = charts.Course("Zoledroninezuur", date(2026, 7, 1), date(2026, 11, 1), date(2029, 7, 1))
    row = charts.course_row(charts.frame(date(2026, 11, 1), [], [before, just]), "Behandeling")
    assert 'class="b-in"' in row
    assert re.search(r'class="t-event"[^>]*>Zoledroninezuur<', row)


def test_without_a_recorded_end_no_end_is_drawn() -> None:
    markup = bar(Course("Alendroninezuur", date(2022, 1, 18), TODAY), None)
    assert "b-plan" not in markup
    assert "b-tick" not in markup


def test_each_point_says_its_day_and_value_with_a_comma_and_a_real_minus() -> None:
    markup = charts.lines_row(AXIS, [SPINE], "T-score")
    assert "LWK 01-12-2021: −2,9" in markup
    assert "LWK 12-10-2026: −2,4" in markup


def test_a_value_just_before_today_stands_behind_its_line_and_fits_on_a_phone() -> None:
    axis = charts.frame(date(2026, 11, 23), [date(2016, 1, 1)], [])
    row = charts.lines_row(axis, [Series("Lengte", ((date(2026, 11, 1), 172.1),))], "Lengte", unit=" cm")
    assert f'x="{axis.x(axis.today)}" dx="5"' in row
    assert '172,1<tspan class="wide"> cm</tspan>' in row


def test_lines_that_end_at_the_same_value_keep_their_labels_apart() -> None:
    markup = charts.lines_row(AXIS, [SPINE, HIP], "T-score")
    tops = [float(y) for y in re.findall(r'class="t-end[^"]*"[^>]* y="([\d.]+)"', markup)]
    assert abs(tops[0] - tops[1]) >= charts.LABEL_GAP


def test_a_name_with_markup_is_shown_as_typed() -> None:
    markup = charts.events_row(AXIS, [Event(TODAY, '<b>"val"')], "Vallen")
    assert "<b>" not in markup
    assert drawn(markup) is not None


def test_events_close_together_stand_on_two_lines() -> None:
    close = [Event(date(2023, 1, 1), "Wervelfractuur Th12"), Event(date(2023, 2, 1), "Polsfractuur links")]
    assert 'height="52"' in charts.events_row(AXIS, close, "Fracturen")


def test_one_value_makes_no_sparkline() -> None:
    assert charts.sparkline([161.2], "Lengte") == ""


@given(st.lists(st.tuples(st.dates(date(2000, 1, 1), TODAY), st.floats(100, 200)), max_size=12))
def test_any_heights_can_be_drawn(points: list[tuple[date, float]]) -> None:
    axis = charts.frame(TODAY, [on for on, _ in points], [])
    drawn(charts.lines_row(axis, [Series("Lengte", tuple(sorted(points)))], "Lengte", limit=150))


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)))
def test_a_day_outside_the_axis_stands_at_its_edge(when: date) -> None:
    assert 0 <= Frame(date(2020, 1, 1), date(2027, 1, 1), TODAY).at(when) <= 100

"""Charts as SVG markup: x in per cent and y in pixels, so one drawing fits any width; classes only, no style."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from math import ceil, floor

from markupsafe import Markup, escape

from clinic.web.presenters import day
from clinic.web.svg import box, dated, level, mark, number_of, svg, upright, words

LABEL_GAP = 14  # px between two labels at the end of their lines
NAMED_UNTIL = (
    75  # per cent: further right a line's name does not fit behind its end, and the key beside the row names it
)
FAR_UNTIL = 68  # per cent: a planned end further right leaves no room for the words at the far end, on a phone
ACROSS = 12  # per cent before today in which a value would be written across its line
A_SIGN = 1.3  # per cent of the width that a letter of a drug's name takes
PAD = 16  # px above the highest and below the lowest value


@dataclass(frozen=True, slots=True)
class Span:
    """An interruption or a break, with the words that stand at it; `until_on` is today while it is open."""

    from_on: date
    until_on: date
    text: str


@dataclass(frozen=True, slots=True)
class Course:
    """One drug as drawn; `end_on` is the planned end, None when none is recorded."""

    drug: str
    started_on: date
    until_on: date
    end_on: date | None = None
    end_text: str = ""
    pauses: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Frame:
    """The time axis that all rows share."""

    start: date
    end: date
    today: date
    courses: tuple[Course, ...] = ()

    def at(self, when: date) -> float:
        """Where a day stands, in per cent; days outside stand at the edge."""
        return max(0.0, min(100.0, 100 * (when - self.start).days / max(1, (self.end - self.start).days)))

    def x(self, when: date) -> str:
        """The same as SVG writes it."""
        return f"{self.at(when):.2f}%"

    def width(self, from_on: date, until_on: date) -> str:
        """How wide a period is, never below zero."""
        return f"{max(0.0, self.at(until_on) - self.at(from_on)):.2f}%"


@dataclass(frozen=True, slots=True)
class Series:
    """One line of values in date order; `css` is s-lwk, s-hals, s-heup or empty, `shape` tells it without colour."""

    name: str
    points: tuple[tuple[date, float], ...]
    css: str = ""
    shape: str = "dot"


@dataclass(frozen=True, slots=True)
class Event:
    """A fracture, a fall or a decision: `shape` and `css` from the stylesheet (e-fracture, e-fall, e-decision)."""

    on: date
    text: str
    shape: str = "diamond"
    css: str = "e-fracture"
    brief: str = ""  # what is drawn, when the words would lie over those of the next year


@dataclass(frozen=True, slots=True)
class Bar:
    """One course from start to the furthest planned end, with the words at its dates; None is not recorded."""

    course: Course
    today: date
    start_text: str
    now_text: str
    aria: str
    far_on: date | None = None
    far_text: str = ""
    start_on: str = ""
    """The start as well as it is known; empty is to the day."""
    now_more: str = ""
    """Behind `now_text`, as `far_more` behind `far_text`: a phone has no room for it."""
    far_more: str = ""


def frame(today: date, days: Iterable[date], courses: Sequence[Course]) -> Frame:
    """An axis with air before the first day, for the scale, and after the last, for the labels."""
    known = [*days, today, *(c.started_on for c in courses), *(c.end_on for c in courses if c.end_on)]
    first, last = min(known), max(known)
    air = max(60, (last - first).days // 12)
    return Frame(first - timedelta(days=air), max(last, today + 2.5 * timedelta(days=air)), today, tuple(courses))


def years(axis: Frame) -> list[date]:
    """The first of January of each year on the axis; every second one when there are many."""
    found = [date(year, 1, 1) for year in range(axis.start.year + 1, axis.end.year + 1)]
    return found if len(found) <= 9 else found[:: ceil(len(found) / 8)]


def backdrop(axis: Frame, height: int) -> list[str]:
    """Treatment, plan and interruptions, drawn behind every row."""
    out = []
    for course in axis.courses:
        out.append(box("t-band", axis.x(course.started_on), axis.width(course.started_on, course.until_on), 0, height))
        if course.end_on and course.end_on > course.until_on:
            out.append(box("t-plan", axis.x(course.until_on), axis.width(course.until_on, course.end_on), 0, height))
        for pause in course.pauses:
            out.append(box("t-pause", axis.x(pause.from_on), axis.width(pause.from_on, pause.until_on), 0, height))
    return out + [upright("t-grid", axis.x(first), 0, height) for first in years(axis)]


def now_line(axis: Frame, height: int) -> str:
    """Today."""
    return upright("t-now", axis.x(axis.today), 0, height)


def axis_row(axis: Frame, label: str) -> Markup:
    """The years."""
    out = []
    for first in years(axis):
        out.append(upright("t-grid", axis.x(first), 14, 22))
        if axis.at(first) < 90:  # the four digits have to fit, on a phone too
            out.append(words("t-year", axis.x(first), 15, str(first.year), 5))
    return svg(22, out, label)


def course_row(axis: Frame, label: str, height: int = 34) -> Markup:
    """The drugs with their interruptions and planned ends."""
    out = backdrop(axis, height)
    for course in axis.courses:
        if course.end_on and course.end_on > course.until_on:
            out.append(box("b-plan", axis.x(course.until_on), axis.width(course.until_on, course.end_on), 9, 16))
        done = axis.width(course.started_on, course.until_on)
        out.append(box("b-done", axis.x(course.started_on), done, 9, 16, course.drug))
        for pause in course.pauses:
            width = axis.width(pause.from_on, pause.until_on)
            out.append(box("b-pause", axis.x(pause.from_on), width, 9, 16, pause.text))
        out += named(axis, course)
        if course.end_on and course.end_text and axis.at(behind := max(course.end_on, course.until_on)) < 84:
            out.append(words("t-now-text wide", axis.x(behind), 21, course.end_text, 6))
    out.append(now_line(axis, height))
    return svg(height, out, label)


def named(axis: Frame, course: Course) -> list[str]:
    """The drug's name where it fits: in the longest stretch of what was given, or in what is planned."""
    begin, until = longest_stretch(course)
    if axis.at(until) - axis.at(begin) > A_SIGN * len(course.drug):
        return [words("b-in", axis.x(begin), 21, course.drug, 6)]
    if course.end_on and axis.at(course.end_on) - axis.at(course.until_on) > A_SIGN * len(course.drug):
        return [words("t-event", axis.x(course.until_on), 21, course.drug, 6)]
    return []


def longest_stretch(course: Course) -> tuple[date, date]:
    """The longest period without an interruption: there the name of the drug fits."""
    starts = [course.started_on, *(pause.until_on for pause in course.pauses)]
    ends = [*(pause.from_on for pause in course.pauses), course.until_on]
    return max(zip(starts, ends, strict=True), key=lambda stretch: stretch[1] - stretch[0])


@dataclass(frozen=True, slots=True)
class Scale:
    """Values to pixels; the highest value on top."""

    low: float
    high: float
    height: int

    def y(self, value: float) -> float:
        """The height of a value in pixels."""
        return PAD + (self.high - value) / ((self.high - self.low) or 1) * (self.height - 2 * PAD)


def scale(series: Sequence[Series], limit: float | None, height: int, least: float) -> Scale:
    """From the values and the limit; never narrower than `least`, so noise does not look like news."""
    values = [value for line in series for _, value in line.points] + ([limit] if limit is not None else [])
    low, high = min(values), max(values)
    missing = max(0.0, least - (high - low)) / 2
    return Scale(low - missing, high + missing, height)


def ticks(on: Scale) -> list[float]:
    """Round values, at least 16 px apart."""
    pixels = (on.height - 2 * PAD) / ((on.high - on.low) or 1)
    step = next((step for step in (0.5, 1.0, 2.0, 5.0, 10.0, 20.0) if step * pixels >= 16), 50.0)
    return [step * n for n in range(ceil(on.low / step), floor(on.high / step) + 1)]


def lines_row(
    axis: Frame,
    series: Sequence[Series],
    label: str,
    *,
    height: int = 78,
    least: float = 2.0,
    unit: str = "",
    limit: float | None = None,
) -> Markup:
    """Lines of values, with the clinic's limit as a dashed line that the key beside the row names."""
    drawn = [line for line in series if line.points]
    if not drawn:
        return svg(height, [*backdrop(axis, height), now_line(axis, height)], label)
    on = scale(drawn, limit, height, least)
    out = backdrop(axis, height)
    for value in ticks(on):
        out += [level("t-grid", on.y(value)), words("t-tick", "0", on.y(value) - 3, number_of(value), 6)]
    if limit is not None:
        out.append(level("t-limit", on.y(limit)))
    out.append(now_line(axis, height))
    for line in drawn:
        out += polyline(axis, on, line)
    out += end_labels(axis, on, drawn, unit)
    return svg(height, out, label)


def polyline(axis: Frame, on: Scale, line: Series) -> list[str]:
    """One line and its points."""
    out = [
        f'<line class="t-line {line.css}" x1="{axis.x(d1)}" x2="{axis.x(d2)}" y1="{on.y(v1):.1f}" y2="{on.y(v2):.1f}"/>'
        for (d1, v1), (d2, v2) in pairwise(line.points)
    ]
    return out + [
        mark(line.shape, axis.x(d), on.y(v), f"{line.name} {day(d)}: {number_of(v)}", line.css) for d, v in line.points
    ]


def end_labels(axis: Frame, on: Scale, series: Sequence[Series], unit: str) -> list[str]:
    """The last value of each line beside its end, 14 px apart at least, clear of the line of today."""
    placed: list[tuple[int, float]] = []
    order = sorted(range(len(series)), key=lambda n: on.y(series[n].points[-1][1]))
    for n in order:
        y = on.y(series[n].points[-1][1]) - (9 if len(series) == 1 else 0)
        placed.append((n, max(y, placed[-1][1] + LABEL_GAP) if placed else y))
    out = []
    for n, top in placed:
        line = series[n]
        last, value = line.points[-1]
        clear = len(series) == 1 and not 0 <= axis.at(axis.today) - axis.at(last) < ACROSS
        x = axis.x(last if clear else max(last, axis.today))
        roomy = len(series) > 1 and axis.at(max(last, axis.today)) < NAMED_UNTIL
        name = f'<tspan class="wide">{escape(line.name)} </tspan>' if roomy else ""
        behind = f'<tspan class="wide">{escape(unit)}</tspan>' if unit else ""
        text = f"{name}{number_of(value)}{behind}"
        dx = 9 if len(series) > 1 else 5
        out.append(f'<text class="t-end {line.css}" x="{x}" dx="{dx}" y="{top + 4:.1f}">{text}</text>')
    return out


def events_row(axis: Frame, events: Sequence[Event], label: str) -> Markup:
    """Marks with words; where a word has no room it stands on a second line, or left of its mark."""
    height = 34
    rows = [-100.0, -100.0]  # per cent up to which each line of words is taken
    drawn = []
    for event in sorted(events, key=lambda e: e.on):
        said = event.brief or event.text
        at, room = axis.at(event.on), 1.0 * len(said) + 3
        row = 0 if at >= rows[0] else 1
        left = at + room > 100 or 0 <= axis.at(axis.today) - at < room
        rows[row] = at + (2 if left else room)
        y = 17 + 18 * row
        height = max(height, y + 17)
        drawn.append(mark(event.shape, axis.x(event.on), y, f"{day(event.on)}: {event.text}", event.css))
        drawn.append(words("t-event", axis.x(event.on), y + 4, said, -9 if left else 9, "end" if left else ""))
    return svg(height, [*backdrop(axis, height), now_line(axis, height), *drawn], label)


def treatment_bar(bar: Bar, height: int = 58) -> Markup:
    """Start to the furthest end: filled is done, tinted is planned, outlined is what an extension would add."""
    course, top, thick = bar.course, 16, 14
    last = max(d for d in (bar.far_on, course.end_on, course.until_on, bar.today) if d)
    axis = Frame(course.started_on, last, bar.today)
    out = [box("b-ten", "0", "100%", top, thick)]
    if course.end_on:
        out.append(box("b-plan", "0", axis.x(course.end_on), top, thick))
    out.append(box("b-done", "0", axis.x(course.until_on), top, thick))
    for pause in course.pauses:
        width = axis.width(pause.from_on, pause.until_on)
        out.append(box("b-pause", axis.x(pause.from_on), width, top, thick, pause.text))
    out += bar_dates(bar, axis, height, top + thick)
    return svg(height, out, bar.aria)


def bar_dates(bar: Bar, axis: Frame, height: int, bottom: int) -> list[str]:
    """The words above and below the bar; only what has room is written, the rest is in the header and the table."""
    course, low, now = bar.course, height - 10, axis.at(bar.today)
    out = [dated("0", low, bar.start_text, bar.start_on or day(course.started_on), "start")]
    end = axis.at(course.end_on) if course.end_on else None
    if course.end_on and end is not None and end > 18:
        out.append(upright("b-tick end", f"{end:.2f}%", 15, bottom + 6))
        anchor = "end" if end > 90 else "middle"
        out.append(dated(f"{end:.2f}%", low, course.end_text, day(course.end_on), anchor, keep=True))
    if bar.far_on and (end is None or end < FAR_UNTIL):
        out.append(dated("100%", low, bar.far_text, day(bar.far_on), "end", more=bar.far_more))
    for pause in course.pauses:
        if now - axis.at(pause.from_on) > 12:
            out.append(words("b-note wide", axis.x(pause.from_on), 11, pause.text))
    left = now > 70
    out.append(upright("b-now", axis.x(bar.today), 6, bottom + 4))
    return [*out, now_words(bar, axis.x(bar.today), left)]


def now_words(bar: Bar, x: str, left: bool) -> str:
    """The words at today: Vandaag, 4 jaar en 10 maanden."""
    more = f'<tspan class="wide">, {escape(bar.now_more)}</tspan>' if bar.now_more else ""
    return (
        f'<text class="b-nowtext" x="{x}" dx="{-6 if left else 6}" y="11" text-anchor="{"end" if left else "start"}">'
        f"{escape(bar.now_text)}{more}</text>"
    )


def sparkline(values: Sequence[float], label: str, limit: float | None = None, height: int = 28) -> Markup:
    """The last values as a small line; empty markup below two values."""
    if len(values) < 2:
        return Markup("")
    span = [*values, *([limit] if limit is not None else [])]
    low, high = min(span), max(span)

    def y(value: float) -> float:
        return 5 + (high - value) / ((high - low) or 1) * (height - 10)

    xs = [f"{4 + 92 * n / (len(values) - 1):.1f}%" for n in range(len(values))]
    out = [level("t-limit", y(limit))] if limit is not None else []
    for (x1, v1), (x2, v2) in pairwise(zip(xs, values, strict=True)):
        out.append(f'<line class="t-line" x1="{x1}" x2="{x2}" y1="{y(v1):.1f}" y2="{y(v2):.1f}"/>')
    out.append(mark("dot", xs[-1], y(values[-1]), number_of(values[-1]), ""))
    return svg(height, out, f"{label}: " + ", ".join(number_of(value) for value in values))

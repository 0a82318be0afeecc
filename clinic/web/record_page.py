"""What the record page shows, in the order in which it is read; built by its route, drawn by patients/record.html."""

from __future__ import annotations

from dataclasses import dataclass, field

from markupsafe import Markup

from clinic.web.presenters import IdBand


@dataclass(frozen=True, slots=True)
class Act:
    """A button of the identity band: a link, or with `post` a form that posts; one at most is `primary`."""

    label: str
    href: str
    icon: str
    primary: bool = False
    post: bool = False
    key: str = ""


@dataclass(frozen=True, slots=True)
class TreatmentPanel:
    """The course that runs, or ran last: "Alendroninezuur 70 mg, tablet, 1x per week", its facts, its bar."""

    title: str
    facts: tuple[str, ...]
    bar: Markup
    href: str | None = None
    acts: tuple[Act, ...] = ()


@dataclass(frozen=True, slots=True)
class DueCard:
    """One due item. `kind` is late, soon, plan, hold or wait; `state` says the same in words.

    `when` is the date as it is read, or words when there is none; `rel` how far off it is; `why` the sentence that is
    always readable; `whence` and `window` stand behind "Why?", `code` leads to the rule. `booked` tells an
    appointment. `backlog`: it was late before she came to this clinic, which is said beside how late it is (section 7).
    `acts` are small links.
    """

    kind: str
    icon: str
    title: str
    state: str
    when: str
    why: str
    whence: str
    code: str
    rel: str = ""
    window: str = ""
    booked: str = ""
    backlog: bool = False
    acts: tuple[Act, ...] = ()


@dataclass(frozen=True, slots=True)
class AlertLine:
    """An alert: `kind` is flag for red and soon for amber."""

    kind: str
    title: str
    since: str
    why: str
    whence: str
    act: Act | None = None


@dataclass(frozen=True, slots=True)
class ScoreKey:
    """One line of the T-score legend: its last value; `css` and `shape` as in the chart."""

    name: str
    value: str
    css: str
    shape: str
    on: str = ""
    """Its day, when not all are of one day."""


@dataclass(frozen=True, slots=True)
class TimelinePanel:
    """The rows of the chart over one axis, and the same as a table of (date, what, value)."""

    axis: Markup
    courses: Markup
    scores: Markup
    heights: Markup
    weights: Markup
    events: Markup
    keys: tuple[ScoreKey, ...] = ()
    scores_on: str = ""
    """The day of which all of them are."""
    height: str = ""
    height_note: str = ""
    height_kind: str = "wait"
    weight: str = ""
    bmi: str = ""
    table: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ControlRow:
    """One control; empty text is "not recorded". `voided` says why it counts nowhere."""

    on: str
    href: str | None
    kind: str
    height: str = ""
    weight: str = ""
    bmi: str = ""
    intake: str = ""
    missed: str = ""
    side_effects: str = ""
    by: str = ""
    voided: str = ""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A line of the history: day and month, what, and a short content."""

    on: str
    icon: str
    what: str
    summary: str = ""
    href: str | None = None
    voided: str = ""


@dataclass(frozen=True, slots=True)
class LogYear:
    """The lines of one year, latest first."""

    year: str
    entries: tuple[LogEntry, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter chip, which is a link."""

    label: str
    href: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class RecordPage:
    """All of picture 02. `on_no_list` is the sentence that says why she stands on no list, empty when she does."""

    idband: IdBand
    acts: tuple[Act, ...] = ()
    on_no_list: str = ""
    on_no_list_acts: tuple[Act, ...] = ()
    particulars: tuple[str, ...] = ()
    treatment: TreatmentPanel | None = None
    starts: str = ""
    """When a course starts that is recorded ahead."""
    due: tuple[DueCard, ...] = ()
    alerts: tuple[AlertLine, ...] = ()
    timeline: TimelinePanel | None = None
    controls: tuple[ControlRow, ...] = ()
    controls_sub: str = ""
    filters: tuple[Choice, ...] = ()
    log: tuple[LogYear, ...] = field(default=())
    more_log_url: str | None = None
    looks_url: str | None = None

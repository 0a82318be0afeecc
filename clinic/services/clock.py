"""Whether this machine's clock can be believed: held against what was written, and against the time that went by.

A change that is dated wrong is worse than one that waits: due items, letters and the log rest on its day. Two things
bear witness. The log: a change cannot lie before the newest one (environment, 7.8). And the seconds that this process
counts itself, which no setting of the clock moves. Summer time is no jump, because all of it is UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from sqlalchemy.orm import Session

from clinic.security.audit import Action
from clinic.store import log

BACK = timedelta(minutes=1)
"""So far it may go back: a time server steps by seconds, and the clocks of several machines differ by less."""
AHEAD = timedelta(hours=1)
"""So far it may go ahead of the seconds that were counted: a virtual machine that was paused counted none."""
LONGEST_SILENCE = timedelta(31)
"""So long nothing may have been changed when a clinic opens; after more a person says what day it is."""


class Wrong(Enum):
    """How a clock that cannot be believed stands."""

    BEHIND = "behind"
    AHEAD = "ahead"


@dataclass(slots=True)
class Watch:
    """What a process knows of its clock: at which time it was last found right, and what was counted then."""

    right: tuple[datetime, float] | None = None
    opens: bool = False
    """Whether it opens the clinic: then nothing was counted before it, and the log alone knows how long it was shut."""

    def wrong(self, session: Session, now: datetime, counted: float) -> Wrong | None:
        """What is wrong with `now`, after `counted` seconds; the log is asked only when the two do not agree."""
        found = self.held_against_count(session, now, counted)
        if found is None:
            self.right = (now, counted)
        return found

    def held_against_count(self, session: Session, now: datetime, counted: float) -> Wrong | None:
        """Right while it goes along with the count; put back, the log decides; far ahead, an operator does."""
        if self.right is None:
            return behind(session, now) or (silent(session, now) if self.opens else None)
        at, then = self.right
        reckoned = at + timedelta(seconds=counted - then)
        if now < reckoned - BACK:
            return behind(session, now)
        if now > reckoned + AHEAD and not confirmed_since(session, reckoned):
            return Wrong.AHEAD
        return None


def behind(session: Session, now: datetime, slack: timedelta = BACK) -> Wrong | None:
    """Whether something was changed at a time that has not come yet."""
    return Wrong.BEHIND if (newest(session) or now) > now + slack else None


def newest(session: Session) -> datetime | None:
    """When something was last changed, lines aside that an operator knows to be dated wrong.

    A look tells nothing, nor does coming in: both go on with a wrong clock, and must not keep the clinic shut when it
    is right again.
    """
    return log.newest_change(session, after=known_since(session))


def silent(session: Session, now: datetime) -> Wrong | None:
    """Whether a clock is so far past all that anybody did that it is more likely wrong than the clinic was shut."""
    acts = (log.last_of(session, action) for action in (Action.CLOCK_CONFIRMED, Action.RESTORED))
    heard = [at for at in (newest(session), *(act.at for act in acts if act)) if at is not None]
    return Wrong.AHEAD if heard and now > max(heard) + LONGEST_SILENCE else None


def known_since(session: Session) -> int:
    """The line with which an operator last said that the clock is right; 0 when nobody had to."""
    said = log.last_of(session, Action.CLOCK_CONFIRMED)
    return said.id if said else 0


def confirmed_since(session: Session, reckoned: datetime) -> bool:
    """Whether an operator said that the clock is right after it went ahead."""
    said = log.last_of(session, Action.CLOCK_CONFIRMED)
    return said is not None and said.at > reckoned

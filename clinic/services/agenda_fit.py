"""Which due item a booking is for: by its kind and its day."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

from clinic.services.appointment_checks import ItemKey
from clinic.store.due import DueItem

# what an item is mostly booked as; what is not here the person chooses herself
KIND_OF = {
    "control": "control", "pause": "phone", "dose": "infusion", "review": "review", "reassess": "review",
    "dxa": "dxa", "agreed.control": "control", "agreed.dxa": "dxa", "agreed.call": "phone", "agreed.review": "review",
}  # fmt: skip


def kind_of(code: str) -> str | None:
    """The kind of appointment that an item is mostly booked as."""
    return KIND_OF.get(code) or KIND_OF.get(code.partition(".")[0])


def fitting(kind: str, on: date, items: Iterable[DueItem], taken: Collection[ItemKey]) -> list[ItemKey]:
    """The items, not booked yet, that a booking of this kind can settle: their window is open on that day.

    Also past the late date: she is late with it, and this is the visit that ends it.
    """
    found = {ItemKey(item.code, item.subject) for item in items if item.opens_on <= on and kind_of(item.code) == kind}
    return sorted(found - set(taken))


def still_for(item: ItemKey | None, was: str, now: str) -> ItemKey | None:
    """The item of a booking that moved, also to another kind of visit; None when that visit is not for it.

    A control may be done by phone; of an item that is mostly booked as nothing in particular a person chose the kind.
    """
    usual = kind_of(item.code) if item else None
    fits = was == now or usual in (None, now) or (usual, now) == ("control", "phone")
    return item if fits else None

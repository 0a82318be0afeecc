"""The states of a letter as one table: from where to where, by what, and who may; and its picture for the docs."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from clinic.security.permissions import GRANTS, May, Role


class Move(NamedTuple):
    """A step from one state to the next; nobody's permission means that the program takes it by itself."""

    state: str
    to: str
    act: str
    may: May | None
    only: tuple[str, ...] = ()
    """The kinds of letter that may take it; every kind when none is named."""


WRITE, SIGN, SEND, PLAN = May.WRITE_LETTER, May.AUTHORISE_LETTER, May.SEND_LETTER, May.PLAN_APPOINTMENT
INVITES = ("patient.control", "patient.dxa", "patient.missed")
"""What tells a patient nothing but when to come; whoever plans it makes it."""
FELL = "its fact fell, or another letter tells of it"
MOVES = (
    Move("draft", "waits", "let it wait for something, until a day", WRITE),
    Move("returned", "waits", "let it wait for something, until a day", WRITE),
    Move("waits", "draft", "somebody takes it up", WRITE),
    Move("waits", "draft", "it came, or its day did", None),
    Move("waits", "withdrawn", "not to be sent, with a reason", SIGN),
    Move("waits", "withdrawn", FELL, None),
    Move("draft", "to_authorise", "put before the doctor", WRITE),
    Move("draft", "authorised", "authorise", SIGN),
    Move("draft", "authorised", "make: an invitation or a reminder to the patient", PLAN, INVITES),
    Move("draft", "withdrawn", "not to be sent, with a reason", SIGN),
    Move("draft", "withdrawn", FELL, None),
    Move("to_authorise", "authorised", "authorise", SIGN),
    Move("to_authorise", "returned", "give back with a remark", SIGN),
    Move("to_authorise", "withdrawn", "not to be sent, with a reason", SIGN),
    Move("to_authorise", "withdrawn", FELL, None),
    Move("returned", "to_authorise", "put before the doctor", WRITE),
    Move("returned", "authorised", "authorise", SIGN),
    Move("returned", "withdrawn", "not to be sent, with a reason", SIGN),
    Move("returned", "withdrawn", FELL, None),
    Move("authorised", "queued", "send: the envelope is frozen", SEND),
    Move("authorised", "withdrawn", "draft anew", SEND),
    Move("authorised", "withdrawn", FELL, None),
    Move("queued", "sent", "handed over", None),
    Move("queued", "failed", "cannot leave, or tried too often", None),
    Move("queued", "authorised", "cancel before it leaves", SEND),
    Move("queued", "withdrawn", FELL, None),
    Move("failed", "queued", "send once more", SEND),
    Move("failed", "withdrawn", "draft anew", SEND),
    Move("failed", "withdrawn", FELL, None),
    Move("sent", "delivered", "it was delivered", SEND),
    Move("sent", "delivered", "the receipt says so", None),
    Move("sent", "failed", "it bounced", SEND),
    Move("sent", "failed", "the receipt says so", None),
    Move("sent", "returned_by_post", "it came back by post", SEND),
    Move("sent", "replaced", "a later letter about the same was sent", None),
    Move("delivered", "failed", "it bounced after all", SEND),
    Move("delivered", "failed", "the receipt says so", None),
    Move("delivered", "returned_by_post", "it came back by post", SEND),
    Move("delivered", "replaced", "a later letter about the same was sent", None),
    Move("returned_by_post", "withdrawn", "draft anew", SEND),
    Move("returned_by_post", "withdrawn", FELL, None),
)
NEXT: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        state: frozenset(move.to for move in MOVES if move.state == state)
        for state in {name for move in MOVES for name in (move.state, move.to)}
    }
)


def allowed(state: str, to: str, role: Role, kind: str) -> bool:
    """Whether the table lets this role take a step with a kind of letter, or the program while she does another."""
    steps = [move for move in MOVES if (move.state, move.to) == (state, to) and (not move.only or kind in move.only)]
    return any(move.may is None or role in GRANTS[move.may] for move in steps)


def who(move: Move) -> str:
    """The roles that may take a step."""
    return ", ".join(sorted(GRANTS[move.may])) if move.may else "the program"


def picture() -> str:
    """The table and its diagram as docs/letter-states.md has them."""
    drawn = [f"    {move.state} --> {move.to}: {move.act}" for move in MOVES]
    rows = [f"| {move.state} | {move.to} | {move.act} | {who(move)} |" for move in MOVES]
    return "\n".join([HEAD, "```mermaid", "stateDiagram-v2", "    [*] --> draft", *drawn, "```", "", *TABLE, *rows, ""])


HEAD = """# States of a letter
A letter to the GP and a letter to the patient move by one table.
Written by `picture` of `clinic/services/letter_moves.py` from the table there; a test keeps it current.
A nurse authorises only by the clinic's mandate.

What is authorised never opens again. To change such a letter it is withdrawn, which ends its authorisation: it stays
readable as it was, with that said on it, and a new draft about the same facts waits to be authorised.
"""
TABLE = ("| from | to | by | who may |", "|---|---|---|---|")

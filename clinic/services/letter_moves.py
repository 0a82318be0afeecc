"""The states of a letter as one table: from where to where, by what, and who may; and its picture for the docs."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from clinic.security.permissions import GRANTS, May


class Move(NamedTuple):
    """A step from one state to the next; nobody's permission means that the program takes it by itself."""

    state: str
    to: str
    act: str
    may: May | None


WRITE, SIGN, SEND = May.WRITE_LETTER, May.AUTHORISE_LETTER, May.SEND_LETTER
MOVES = (
    Move("draft", "to_authorise", "put before the doctor", WRITE),
    Move("draft", "authorised", "authorise", SIGN),
    Move("draft", "withdrawn", "not to be sent, with a reason", SIGN),
    Move("to_authorise", "authorised", "authorise", SIGN),
    Move("to_authorise", "returned", "give back with a remark", SIGN),
    Move("to_authorise", "withdrawn", "not to be sent, with a reason", SIGN),
    Move("returned", "to_authorise", "put before the doctor", WRITE),
    Move("returned", "authorised", "authorise", SIGN),
    Move("returned", "withdrawn", "not to be sent, with a reason", SIGN),
    Move("authorised", "queued", "send: the envelope is frozen", SEND),
    Move("authorised", "withdrawn", "draft anew, or its fact fell", SEND),
    Move("queued", "sent", "handed over", None),
    Move("queued", "failed", "cannot leave, or tried too often", None),
    Move("queued", "authorised", "cancel before it leaves", SEND),
    Move("failed", "queued", "send once more", SEND),
    Move("failed", "withdrawn", "draft anew, or its fact fell", SEND),
    Move("sent", "delivered", "the receiver confirmed it", None),
    Move("sent", "failed", "it bounced", SEND),
    Move("sent", "returned_by_post", "it came back by post", SEND),
    Move("sent", "replaced", "a later letter about the same was sent", None),
    Move("delivered", "replaced", "a later letter about the same was sent", None),
    Move("returned_by_post", "withdrawn", "draft anew", SEND),
)
NEXT: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        state: frozenset(move.to for move in MOVES if move.state == state)
        for state in {name for move in MOVES for name in (move.state, move.to)}
    }
)


def who(move: Move) -> str:
    """The roles that may take a step."""
    return ", ".join(sorted(GRANTS[move.may])) if move.may else "the program"


def picture() -> str:
    """The table and its diagram as docs/letter-states.md has them."""
    drawn = [f"    {move.state} --> {move.to}: {move.act}" for move in MOVES]
    rows = [f"| {move.state} | {move.to} | {move.act} | {who(move)} |" for move in MOVES]
    return "\n".join([HEAD, "```mermaid", "stateDiagram-v2", "    [*] --> draft", *drawn, "```", "", *TABLE, *rows, ""])


HEAD = """# States of a letter
Written by `picture` of `clinic/services/letter_moves.py` from the table there; a test keeps it current.
A nurse authorises only by the clinic's mandate.

What is authorised never opens again. To change such a letter it is withdrawn, which ends its authorisation: it stays
readable as it was, with that said on it, and a new draft about the same facts waits to be authorised.
"""
TABLE = ("| from | to | by | who may |", "|---|---|---|---|")

"""What a person does to a letter that waits in the queue, or after it left."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import letter_queue
from clinic.web.language import gettext as _
from clinic.web.letters import act, outbox

bp = Blueprint("letter_queue", __name__, url_prefix="/letters")


@bp.post("/<int:letter_id>/cancel")
@needs(May.SEND_LETTER)
def cancel(letter_id: int) -> ResponseReturnValue:
    """Not to leave after all."""
    return act(letter_id, lambda ready: _("The letter does not leave; it is ready to be sent again.") if ready else
               _("The letter does not leave: what it tells was changed. What stands of it is in a draft again."),
               lambda w, v: letter_queue.cancel(w, letter_id, v, outbox()))  # fmt: skip


@bp.post("/<int:letter_id>/came-back")
@needs(May.SEND_LETTER)
def came_back(letter_id: int) -> ResponseReturnValue:
    """It left and did not arrive, or arrived with somebody else."""
    reason, read = request.form.get("reason", ""), request.form.get("read") == "y"
    said = _("The letter stands with those that did not arrive; the GP is still to be told.")
    if read:
        said = _("The letter stands with those that did not arrive; the privacy officer looks at it.")
    return act(letter_id, said, lambda w, v: letter_queue.came_back(w, letter_id, v, reason, read))


@bp.post("/<int:letter_id>/delivered")
@needs(May.SEND_LETTER)
def delivered(letter_id: int) -> ResponseReturnValue:
    """It arrived."""
    return act(letter_id, _("The letter is marked as delivered."),
               lambda w, v: letter_queue.confirm(w, letter_id, v))  # fmt: skip

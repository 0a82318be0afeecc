"""A copy that did not arrive is found, leaves again under a name of its own, or ends with a reason."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0062"
branch_labels = None
depends_on = None

NAME = "ck_letter_copies_"
BEFORE = {
    "state_known": "state IN ('queued', 'sent', 'failed')",
    "sent_has_day": "(state = 'sent') = (sent_on IS NOT NULL)",
}
SINCE = {
    "state_known": "state IN ('queued', 'sent', 'delivered', 'failed', 'ended')",
    "sent_has_day": "(state IN ('sent', 'delivered')) = (sent_on IS NOT NULL)",
}


def upgrade() -> None:
    with op.batch_alter_table("letter_copies") as batch:
        batch.add_column(sa.Column("came_back", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("ended_because", sa.String(), nullable=True))
        for rule, holds in SINCE.items():
            batch.drop_constraint(op.f(NAME + rule), type_="check")
            batch.create_check_constraint(op.f(NAME + rule), holds)
        batch.create_check_constraint(op.f(NAME + "ended_because"), "(state = 'ended') = (ended_because IS NOT NULL)")
    with op.batch_alter_table("letter_copies") as batch:
        batch.alter_column("came_back", server_default=None)
    op.create_index(
        "ix_letter_copies_failed",
        "letter_copies",
        ["letter_id", "standing_copy_id"],
        sqlite_where=sa.text("state = 'failed'"),
        postgresql_where=sa.text("state = 'failed'"),
    )


def downgrade() -> None:
    op.drop_index("ix_letter_copies_failed", "letter_copies")
    op.execute("UPDATE letter_copies SET state = 'sent' WHERE state = 'delivered'")
    op.execute(
        "UPDATE letter_copies SET state = 'failed', failure = coalesce(failure, ended_because), "
        "ended_because = NULL WHERE state = 'ended'"
    )
    with op.batch_alter_table("letter_copies") as batch:
        batch.drop_constraint(op.f(NAME + "ended_because"), type_="check")
        for rule, held in BEFORE.items():
            batch.drop_constraint(op.f(NAME + rule), type_="check")
            batch.create_check_constraint(op.f(NAME + rule), held)
        batch.drop_column("ended_because")
        batch.drop_column("came_back")

"""A letter keeps the paragraphs that somebody put in words of her own, and may wait for something until a day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

BEFORE = (
    "state IN ('draft', 'to_authorise', 'returned', 'authorised', 'queued', 'sent', 'delivered', 'failed', "
    "'returned_by_post', 'replaced', 'withdrawn')"
)
AFTER = BEFORE.replace("'draft', ", "'draft', 'waits', ")


def upgrade() -> None:
    with op.batch_alter_table("letters") as batch:
        batch.add_column(sa.Column("edited", sa.JSON(), nullable=True))
        batch.add_column(sa.Column("waits_for", sa.String(), nullable=True))
        batch.add_column(sa.Column("waits_until", sa.Date(), nullable=True))
        batch.drop_constraint(op.f("ck_letters_state_known"), type_="check")
        batch.create_check_constraint(op.f("ck_letters_state_known"), AFTER)
        batch.create_check_constraint(
            op.f("ck_letters_waits_for_something"),
            "state <> 'waits' OR (waits_for IS NOT NULL AND waits_until IS NOT NULL)",
        )
        batch.create_check_constraint(op.f("ck_letters_waits_for_known"), "waits_for IN ('decision', 'dxa', 'other')")


def downgrade() -> None:
    op.execute(sa.text("UPDATE letters SET state = 'draft' WHERE state = 'waits'"))
    with op.batch_alter_table("letters") as batch:
        batch.drop_constraint(op.f("ck_letters_waits_for_known"), type_="check")
        batch.drop_constraint(op.f("ck_letters_waits_for_something"), type_="check")
        batch.drop_constraint(op.f("ck_letters_state_known"), type_="check")
        batch.create_check_constraint(op.f("ck_letters_state_known"), BEFORE)
        for name in ("waits_until", "waits_for", "edited"):
            batch.drop_column(name)

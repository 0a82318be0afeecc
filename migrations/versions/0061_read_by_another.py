"""A possible data breach need not follow from a control; a mandate may name the treatment sheet for the patient."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0071"
branch_labels = None
depends_on = None

BEFORE, AFTER = "('control', 'dxa', 'end')", "('control', 'dxa', 'end', 'treatment')"


def upgrade() -> None:
    with op.batch_alter_table("breach_tasks") as batch:
        batch.alter_column("control_id", existing_type=sa.Integer(), nullable=True)
    named(AFTER)


def downgrade() -> None:
    op.execute("DELETE FROM mandates WHERE about = 'treatment'")
    named(BEFORE)
    op.execute("DELETE FROM breach_tasks WHERE control_id IS NULL")
    with op.batch_alter_table("breach_tasks") as batch:
        batch.alter_column("control_id", existing_type=sa.Integer(), nullable=False)


def named(kinds: str) -> None:
    """What a mandate may name."""
    with op.batch_alter_table("mandates") as batch:
        batch.drop_constraint(op.f("ck_mandates_about_known"), type_="check")
        batch.create_check_constraint(op.f("ck_mandates_about_known"), f"about IN {kinds}")

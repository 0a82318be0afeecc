"""A letter may tell of the start of a treatment and of an appointment to which nobody came."""

from __future__ import annotations

from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

RULE = "ck_letter_subjects_about_known"


def upgrade() -> None:
    with op.batch_alter_table("letter_subjects") as batch:
        batch.drop_constraint(op.f(RULE), type_="check")
        batch.create_check_constraint(op.f(RULE), "about IN ('control', 'dxa', 'review', 'end', 'start', 'no_show')")


def downgrade() -> None:
    with op.batch_alter_table("letter_subjects") as batch:
        batch.drop_constraint(op.f(RULE), type_="check")
        batch.create_check_constraint(op.f(RULE), "about IN ('control', 'dxa', 'review', 'end')")

"""A letter of before the register may tell of the same facts as one from here."""

from __future__ import annotations

from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

RULE = "ck_earlier_letters_about_known"
KNOWN = "about IS NULL OR about IN ('control', 'dxa', 'review', 'end'"


def upgrade() -> None:
    with op.batch_alter_table("earlier_letters") as batch:
        batch.drop_constraint(op.f(RULE), type_="check")
        batch.create_check_constraint(op.f(RULE), f"{KNOWN}, 'start', 'no_show')")


def downgrade() -> None:
    with op.batch_alter_table("earlier_letters") as batch:
        batch.drop_constraint(op.f(RULE), type_="check")
        batch.create_check_constraint(op.f(RULE), f"{KNOWN})")

"""A letter may tell of a stop or switch without a review; a copy with a fault is tried again as its letter is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0085"
down_revision = "0082"
branch_labels = None
depends_on = None

BEFORE = "'control', 'dxa', 'review', 'end', 'start'"
EMPTY = {"letter_subjects": "", "earlier_letters": "about IS NULL OR "}


def upgrade() -> None:
    for table, empty in EMPTY.items():
        known(table, f"{empty}about IN ({BEFORE}, 'stop', 'no_show')")
    with op.batch_alter_table("letter_copies") as batch:
        batch.add_column(sa.Column("tries", sa.Integer(), server_default="0", nullable=False))
        batch.add_column(sa.Column("next_try_at", sa.DateTime(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("letter_copies") as batch:
        batch.drop_column("next_try_at")
        batch.drop_column("tries")
    op.execute("DELETE FROM letter_subjects WHERE about = 'stop'")
    op.execute("UPDATE earlier_letters SET about = NULL WHERE about = 'stop'")
    for table, empty in EMPTY.items():
        known(table, f"{empty}about IN ({BEFORE}, 'no_show')")


def known(table: str, rule: str) -> None:
    with op.batch_alter_table(table) as batch:
        batch.drop_constraint(op.f(f"ck_{table}_about_known"), type_="check")
        batch.create_check_constraint(op.f(f"ck_{table}_about_known"), rule)

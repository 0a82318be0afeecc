"""A letter tells of two controls, DXAs or missed appointments of one day each by itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0081"
down_revision = "0080"
branch_labels = None
depends_on = None

KEY = "pk_letter_subjects"


def upgrade() -> None:
    with op.batch_alter_table("letter_subjects") as batch:
        batch.add_column(sa.Column("number", sa.Integer(), server_default="1", nullable=False))
        batch.drop_constraint(op.f(KEY), type_="primary")
        batch.create_primary_key(op.f(KEY), ["letter_id", "about", "about_on", "number"])


def downgrade() -> None:
    op.execute("DELETE FROM letter_subjects WHERE number > 1")
    with op.batch_alter_table("letter_subjects") as batch:
        batch.drop_constraint(op.f(KEY), type_="primary")
        batch.create_primary_key(op.f(KEY), ["letter_id", "about", "about_on"])
        batch.drop_column("number")

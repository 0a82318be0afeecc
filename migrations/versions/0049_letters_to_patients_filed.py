"""A letter to a patient goes into the hospital's record too; those made before go there in the first round."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

TO_FILE = "ix_patient_letters_to_file"


def upgrade() -> None:
    op.add_column("patient_letters", sa.Column("filed_at", sa.DateTime(), nullable=True))
    waiting = sa.text("filed_at IS NULL")
    op.create_index(TO_FILE, "patient_letters", ["id"], sqlite_where=waiting, postgresql_where=waiting)


def downgrade() -> None:
    op.drop_index(TO_FILE, "patient_letters")
    with op.batch_alter_table("patient_letters") as batch:
        batch.drop_column("filed_at")

"""Reviews that a doctor passed over for a day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "review_skips",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.CheckConstraint("length(reason) > 0", name=op.f("ck_review_skips_reason_given")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_review_skips_patient_id")),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_review_skips_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_skips")),
        sa.UniqueConstraint("patient_id", "by", "on_date", name=op.f("uq_review_skips_patient_id_by_on_date")),
    )


def downgrade() -> None:
    op.drop_table("review_skips")

"""What is typed in a contact, a statement or the words of a letter is kept until it is sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0086"
down_revision = "0085"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "form_drafts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=False),
        sa.Column("form", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.DateTime(), nullable=False),
        sa.Column("typed", sa.JSON(), nullable=False),
        sa.CheckConstraint("form IN ('contact', 'statement', 'letter')", name=op.f("ck_form_drafts_form_known")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_form_drafts_patient_id")),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_form_drafts_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_drafts")),
        sa.UniqueConstraint(
            "patient_id", "by", "form", "number", name=op.f("uq_form_drafts_patient_id_by_form_number")
        ),
    )


def downgrade() -> None:
    op.drop_table("form_drafts")

"""Letters to the patients themselves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "patient_letters",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("form_token", sa.String(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("text_sha256", sa.String(), nullable=False),
        sa.Column("pdf", sa.LargeBinary(), nullable=False),
        sa.Column("pdf_sha256", sa.String(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('control', 'dxa', 'missed', 'result', 'treatment')", name=op.f("ck_patient_letters_kind_known")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["users.id"], name=op.f("fk_patient_letters_made_by")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_patient_letters_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_letters")),
        sa.UniqueConstraint("form_token", name=op.f("uq_patient_letters_form_token")),
    )
    op.create_index("ix_patient_letters_patient", "patient_letters", ["patient_id", "id"])


def downgrade() -> None:
    op.drop_table("patient_letters")

"""Who else always receives a copy of a patient's letters, and each copy that left with its own envelope."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "standing_copies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("gp_id", sa.Integer(), nullable=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("entered_at", sa.DateTime(), nullable=False),
        sa.Column("entered_by", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_by IS NULL)", name=op.f("ck_standing_copies_ended_when_and_by_whom")
        ),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_standing_copies_patient_id")),
        sa.ForeignKeyConstraint(["gp_id"], ["gps.id"], name=op.f("fk_standing_copies_gp_id")),
        sa.ForeignKeyConstraint(["entered_by"], ["users.id"], name=op.f("fk_standing_copies_entered_by")),
        sa.ForeignKeyConstraint(["ended_by"], ["users.id"], name=op.f("fk_standing_copies_ended_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standing_copies")),
    )
    op.create_index(op.f("ix_standing_copies_patient"), "standing_copies", ["patient_id"])
    op.create_table(
        "letter_copies",
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("standing_copy_id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("envelope", sa.JSON(), nullable=False),
        sa.Column("envelope_sha256", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("queued_at", sa.DateTime(), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=True),
        sa.Column("failure", sa.String(), nullable=True),
        sa.CheckConstraint("state IN ('queued', 'sent', 'failed')", name=op.f("ck_letter_copies_state_known")),
        sa.CheckConstraint("(state = 'sent') = (sent_on IS NOT NULL)", name=op.f("ck_letter_copies_sent_has_day")),
        sa.CheckConstraint("state <> 'failed' OR failure IS NOT NULL", name=op.f("ck_letter_copies_failed_because")),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"], name=op.f("fk_letter_copies_letter_id")),
        sa.ForeignKeyConstraint(
            ["standing_copy_id"], ["standing_copies.id"], name=op.f("fk_letter_copies_standing_copy_id")
        ),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_letter_copies_patient_id")),
        sa.PrimaryKeyConstraint("letter_id", "standing_copy_id", name=op.f("pk_letter_copies")),
    )
    op.create_index(op.f("ix_letter_copies_patient_id"), "letter_copies", ["patient_id"])
    with op.batch_alter_table("patients") as batch:
        batch.add_column(sa.Column("has_copies", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("patients") as batch:
        batch.alter_column("has_copies", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("patients") as batch:
        batch.drop_column("has_copies")
    op.drop_table("letter_copies")
    op.drop_table("standing_copies")

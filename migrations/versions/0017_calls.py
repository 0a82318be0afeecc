"""Calls to patients who are late: what came of each, who is phoning now, and until when a row is left alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

OUTCOMES = "'no_answer', 'call_back', 'booked', 'declined', 'moved', 'deceased', 'transferred', 'letter'"


def upgrade() -> None:
    op.create_table(
        "calls",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("call_back_on", sa.Date(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("form_token", sa.String(), nullable=False),
        sa.CheckConstraint(f"outcome IN ({OUTCOMES})", name=op.f("ck_calls_outcome_known")),
        sa.CheckConstraint(
            "(outcome = 'call_back') = (call_back_on IS NOT NULL)", name=op.f("ck_calls_call_back_has_day")
        ),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_calls_patient_id")),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_calls_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calls")),
        sa.UniqueConstraint("form_token", name=op.f("uq_calls_form_token")),
    )
    op.create_index(op.f("ix_calls_patient_at"), "calls", ["patient_id", "at"])
    op.create_table(
        "calling",
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("claimed_by", sa.Integer(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(), nullable=True),
        sa.Column("called_on", sa.Date(), nullable=True),
        sa.Column("call_back_on", sa.Date(), nullable=True),
        sa.Column("hidden_until", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(claimed_by IS NULL) = (claimed_at IS NULL)", name=op.f("ck_calling_claimed_when_and_by_whom")
        ),
        sa.CheckConstraint("(called_on IS NULL) = (call_back_on IS NULL)", name=op.f("ck_calling_called_back_when")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_calling_patient_id")),
        sa.ForeignKeyConstraint(["claimed_by"], ["users.id"], name=op.f("fk_calling_claimed_by")),
        sa.PrimaryKeyConstraint("patient_id", name=op.f("pk_calling")),
    )
    op.create_index(op.f("ix_calling_claimed_by"), "calling", ["claimed_by"])


def downgrade() -> None:
    op.drop_table("calling")
    op.drop_table("calls")

"""How a GP hears of a correction after the letter left, and possible data breaches for the privacy officer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    """A foreign key with the name the conventions give it."""
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    op.create_table(
        "correction_notices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("control_id", sa.Integer(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("choice", sa.String(), nullable=False),
        sa.Column("because", sa.String(), nullable=True),
        sa.Column("by", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("told_in", sa.Integer(), nullable=True),
        sa.CheckConstraint("choice IN ('letter', 'next', 'none')", name=op.f("ck_correction_notices_choice_known")),
        sa.CheckConstraint(
            "(choice = 'none') = (because IS NOT NULL)", name=op.f("ck_correction_notices_none_because")
        ),
        key("correction_notices", "patient_id", "patients"),
        key("correction_notices", "control_id", "controls"),
        key("correction_notices", "letter_id", "letters"),
        key("correction_notices", "by", "users"),
        key("correction_notices", "told_in", "letters"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction_notices")),
        sa.UniqueConstraint("control_id", name=op.f("uq_correction_notices_control_id")),
    )
    op.create_index(op.f("ix_correction_notices_patient"), "correction_notices", ["patient_id", "choice", "told_in"])
    op.create_table(
        "breach_tasks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("control_id", sa.Integer(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("found_at", sa.DateTime(), nullable=False),
        sa.Column("found_by", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("settled_at", sa.DateTime(), nullable=True),
        sa.Column("settled_by", sa.Integer(), nullable=True),
        sa.Column("remark", sa.String(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'reported', 'not_reportable')", name=op.f("ck_breach_tasks_state_known")),
        sa.CheckConstraint(
            "(state = 'open') = (settled_at IS NULL) AND (settled_at IS NULL) = (settled_by IS NULL) "
            "AND (settled_at IS NULL) = (remark IS NULL)",
            name=op.f("ck_breach_tasks_settled_whole"),
        ),
        key("breach_tasks", "patient_id", "patients"),
        key("breach_tasks", "control_id", "controls"),
        key("breach_tasks", "letter_id", "letters"),
        key("breach_tasks", "found_by", "users"),
        key("breach_tasks", "settled_by", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_breach_tasks")),
        sa.UniqueConstraint("control_id", "letter_id", name=op.f("uq_breach_tasks_control_id_letter_id")),
    )
    op.create_index(op.f("ix_breach_tasks_state"), "breach_tasks", ["state", "found_at"])


def downgrade() -> None:
    op.drop_table("breach_tasks")
    op.drop_table("correction_notices")

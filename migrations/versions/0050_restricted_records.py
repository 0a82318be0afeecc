"""Restricted records, who opens them, and how one was opened in an emergency."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

REASONS = "reason IN ('stands_in', 'called', 'result', 'other')"
VERDICTS = "verdict IS NULL OR verdict IN ('justified', 'not_justified')"


def upgrade() -> None:
    op.create_table(
        "restrictions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("marked_at", sa.DateTime(), nullable=False),
        sa.Column("marked_by", sa.Integer(), nullable=False),
        sa.Column("lifted_at", sa.DateTime(), nullable=True),
        sa.Column("lifted_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("kind IN ('colleague', 'known', 'asked')", name=op.f("ck_restrictions_kind_known")),
        sa.CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name=op.f("ck_restrictions_lifted_whole")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_restrictions_patient_id")),
        sa.ForeignKeyConstraint(["marked_by"], ["users.id"], name=op.f("fk_restrictions_marked_by")),
        sa.ForeignKeyConstraint(["lifted_by"], ["users.id"], name=op.f("fk_restrictions_lifted_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restrictions")),
    )
    op.create_index("ix_restrictions_patient_open", "restrictions", ["patient_id", "lifted_at"])
    op.create_table(
        "restriction_admitted",
        sa.Column("restriction_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["restriction_id"], ["restrictions.id"], name=op.f("fk_restriction_admitted_restriction_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_restriction_admitted_user_id")),
        sa.PrimaryKeyConstraint("restriction_id", "user_id", name=op.f("pk_restriction_admitted")),
    )
    emergencies()


def emergencies() -> None:
    """Who opened which record, why, until when, and what was found of it."""
    op.create_table(
        "emergency_openings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("form_token", sa.String(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("ends_at", sa.DateTime(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=True),
        sa.Column("remark", sa.String(), nullable=True),
        sa.Column("judged_at", sa.DateTime(), nullable=True),
        sa.Column("judged_by", sa.Integer(), nullable=True),
        sa.CheckConstraint(REASONS, name=op.f("ck_emergency_openings_reason_known")),
        sa.CheckConstraint(VERDICTS, name=op.f("ck_emergency_openings_verdict_known")),
        sa.CheckConstraint("length(words) >= 10", name=op.f("ck_emergency_openings_words_given")),
        sa.CheckConstraint("ends_at > opened_at", name=op.f("ck_emergency_openings_ends_after_start")),
        sa.CheckConstraint(
            "(verdict IS NULL) = (judged_at IS NULL) AND (verdict IS NULL) = (judged_by IS NULL)",
            name=op.f("ck_emergency_openings_judged_whole"),
        ),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_emergency_openings_patient_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_emergency_openings_user_id")),
        sa.ForeignKeyConstraint(["judged_by"], ["users.id"], name=op.f("fk_emergency_openings_judged_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency_openings")),
        sa.UniqueConstraint("form_token", name=op.f("uq_emergency_openings_form_token")),
    )
    op.create_index("ix_emergency_openings_patient_user", "emergency_openings", ["patient_id", "user_id", "ends_at"])
    op.create_index("ix_emergency_openings_verdict", "emergency_openings", ["verdict", "opened_at"])


def downgrade() -> None:
    op.drop_table("emergency_openings")
    op.drop_table("restriction_admitted")
    op.drop_table("restrictions")

"""Signed decisions whose grounds became others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "decision_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("found_at", sa.DateTime(), nullable=False),
        sa.Column("found_by", sa.Integer(), nullable=False),
        sa.Column("what", sa.JSON(), nullable=False),
        sa.Column("settled_at", sa.DateTime(), nullable=True),
        sa.Column("settled_by", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(settled_at IS NULL) = (settled_by IS NULL)", name=op.f("ck_decision_changes_settled_when_and_by_whom")
        ),
        sa.CheckConstraint(
            "reason IS NULL OR settled_at IS NOT NULL", name=op.f("ck_decision_changes_reason_when_settled")
        ),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_decision_changes_patient_id")),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.id"], name=op.f("fk_decision_changes_review_id")),
        sa.ForeignKeyConstraint(["found_by"], ["users.id"], name=op.f("fk_decision_changes_found_by")),
        sa.ForeignKeyConstraint(["settled_by"], ["users.id"], name=op.f("fk_decision_changes_settled_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision_changes")),
    )
    op.create_index(op.f("ix_decision_changes_open"), "decision_changes", ["settled_at", "review_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_decision_changes_open"), "decision_changes")
    op.drop_table("decision_changes")

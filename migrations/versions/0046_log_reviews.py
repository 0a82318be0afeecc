"""The monthly review of the log: samples and signals, what was found of each, and the signature."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "log_reviews",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("begun_at", sa.DateTime(), nullable=False),
        sa.Column("begun_by", sa.Integer(), nullable=False),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.Column("kept_at", sa.DateTime(), nullable=True),
        sa.Column("signed_at", sa.DateTime(), nullable=True),
        sa.Column("signed_by", sa.Integer(), nullable=True),
        sa.Column("conclusion", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(signed_at IS NULL) = (signed_by IS NULL) AND (signed_at IS NULL OR conclusion IS NOT NULL)",
            name=op.f("ck_log_reviews_signed_whole"),
        ),
        sa.ForeignKeyConstraint(["begun_by"], ["users.id"], name=op.f("fk_log_reviews_begun_by")),
        sa.ForeignKeyConstraint(["signed_by"], ["users.id"], name=op.f("fk_log_reviews_signed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_reviews")),
        sa.UniqueConstraint("month", name=op.f("uq_log_reviews_month")),
    )
    op.create_table(
        "log_findings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("signal", sa.String(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=True),
        sa.Column("remark", sa.String(), nullable=True),
        sa.CheckConstraint(
            "signal IN ('own_name', 'no_reason', 'many', 'sample')", name=op.f("ck_log_findings_signal_known")
        ),
        sa.CheckConstraint(
            "verdict IS NULL OR verdict IN ('fine', 'asked', 'wrong')", name=op.f("ck_log_findings_verdict_known")
        ),
        sa.ForeignKeyConstraint(["review_id"], ["log_reviews.id"], name=op.f("fk_log_findings_review_id")),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_log_findings_actor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_findings")),
    )
    op.create_index(op.f("ix_log_findings_review_id"), "log_findings", ["review_id"])


def downgrade() -> None:
    op.drop_table("log_findings")
    op.drop_table("log_reviews")

"""Restores, each to be confirmed before the register is written again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "restores",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("restored_at", sa.DateTime(), nullable=False),
        sa.Column("taken_at", sa.DateTime(), nullable=False),
        sa.Column("letters_settled", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("letters_unknown", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint(
            "confirmed_at IS NULL OR confirmed_at >= restored_at", name=op.f("ck_restores_confirmed_after_restore")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restores")),
    )


def downgrade() -> None:
    op.drop_table("restores")

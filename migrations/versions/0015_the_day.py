"""A draft says who measured and who took it over when; a day is closed with what was left and why."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("control_drafts") as batch:
        batch.add_column(sa.Column("measured_by", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("taken_by", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("taken_at", sa.DateTime(), nullable=True))
        for name in ("measured_by", "taken_by"):
            batch.create_foreign_key(op.f(f"fk_control_drafts_{name}"), "users", [name], ["id"])
        batch.create_check_constraint(
            op.f("ck_control_drafts_taken_when_and_by_whom"), "(taken_at IS NULL) = (taken_by IS NULL)"
        )
    op.create_table(
        "day_closings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("closed_at", sa.DateTime(), nullable=False),
        sa.Column("closed_by", sa.Integer(), nullable=False),
        sa.Column("left", sa.JSON(), nullable=False),
        sa.Column("because", sa.String(), nullable=True),
        sa.Column("form_token", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["closed_by"], ["users.id"], name=op.f("fk_day_closings_closed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_day_closings")),
        sa.UniqueConstraint("form_token", name=op.f("uq_day_closings_form_token")),
    )
    op.create_index(op.f("ix_day_closings_on_date"), "day_closings", ["on_date"])


def downgrade() -> None:
    op.drop_table("day_closings")
    with op.batch_alter_table("control_drafts") as batch:
        batch.drop_constraint(op.f("ck_control_drafts_taken_when_and_by_whom"), type_="check")
        for name in ("measured_by", "taken_by"):
            batch.drop_constraint(op.f(f"fk_control_drafts_{name}"), type_="foreignkey")
        for name in ("taken_at", "taken_by", "measured_by"):
            batch.drop_column(name)

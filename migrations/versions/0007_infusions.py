"""Closing days of the clinic, and who confirmed a dose that was given elsewhere."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "closures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint("until_on >= from_on", name=op.f("ck_closures_ends_after_start")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closures")),
    )
    op.create_index(op.f("ix_closures_until_on"), "closures", ["until_on"])
    with op.batch_alter_table("doses") as batch:
        batch.add_column(sa.Column("confirmed_on", sa.Date(), nullable=True))
        batch.add_column(sa.Column("confirmed_by", sa.String(), nullable=True))
        batch.create_check_constraint(
            op.f("ck_doses_confirmed_when_and_by_whom"), "(confirmed_on IS NULL) = (confirmed_by IS NULL)"
        )


def downgrade() -> None:
    with op.batch_alter_table("doses") as batch:
        batch.drop_constraint(op.f("ck_doses_confirmed_when_and_by_whom"), type_="check")
        batch.drop_column("confirmed_by")
        batch.drop_column("confirmed_on")
    op.drop_index(op.f("ix_closures_until_on"), table_name="closures")
    op.drop_table("closures")

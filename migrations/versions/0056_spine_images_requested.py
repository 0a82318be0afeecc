"""A spine image is asked for before it is made, as a DXA is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None

NOT_MADE = sa.text("on_date IS NULL")


def upgrade() -> None:
    with op.batch_alter_table("spine_images") as batch:
        batch.add_column(sa.Column("requested_on", sa.Date(), nullable=True))
        batch.alter_column("on_date", existing_type=sa.Date(), nullable=True)
        batch.create_check_constraint(
            op.f("ck_spine_images_image_has_a_date"), "requested_on IS NOT NULL OR on_date IS NOT NULL"
        )
    op.create_index(
        "ix_spine_images_requested", "spine_images", ["requested_on"],
        sqlite_where=NOT_MADE, postgresql_where=NOT_MADE,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_spine_images_requested", table_name="spine_images")
    op.execute("DELETE FROM spine_images WHERE on_date IS NULL")
    with op.batch_alter_table("spine_images") as batch:
        batch.drop_constraint(op.f("ck_spine_images_image_has_a_date"), type_="check")
        batch.alter_column("on_date", existing_type=sa.Date(), nullable=False)
        batch.drop_column("requested_on")

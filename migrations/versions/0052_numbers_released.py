"""That the privacy officer let the number of a destroyed record be registered again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("tombstones") as tombstones:
        tombstones.add_column(sa.Column("released_at", sa.DateTime(), nullable=True))
        tombstones.add_column(sa.Column("released_by", sa.Integer(), nullable=True))
        tombstones.add_column(sa.Column("released_because", sa.String(), nullable=True))
        tombstones.create_foreign_key(op.f("fk_tombstones_released_by"), "users", ["released_by"], ["id"])
        tombstones.create_check_constraint(
            op.f("ck_tombstones_released_whole"),
            "(released_at IS NULL) = (released_by IS NULL) AND (released_at IS NULL) = (released_because IS NULL)",
        )


def downgrade() -> None:
    with op.batch_alter_table("tombstones") as tombstones:
        tombstones.drop_constraint(op.f("ck_tombstones_released_whole"), type_="check")
        tombstones.drop_constraint(op.f("fk_tombstones_released_by"), type_="foreignkey")
        for name in ("released_because", "released_by", "released_at"):
            tombstones.drop_column(name)

"""A letter that was printed keeps the envelopes it lay in, and knows when another letter overtook it there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0058"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, kind in (("envelope", sa.JSON()), ("copies", sa.JSON()), ("overtaken_at", sa.DateTime())):
        op.add_column("printed_letters", sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("printed_letters") as batch:
        for name in ("overtaken_at", "copies", "envelope"):
            batch.drop_column(name)

"""The day on which a doctor moved an item."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("overrides") as batch:
        batch.add_column(sa.Column("on_date", sa.Date(), nullable=False, server_default="1970-01-01"))
    op.execute(sa.text("UPDATE overrides SET on_date = chosen_on"))
    with op.batch_alter_table("overrides") as batch:
        batch.alter_column("on_date", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("overrides") as batch:
        batch.drop_column("on_date")

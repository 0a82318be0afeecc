"""What a merge filled in at the number that stays, so that a split takes it out again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("merges") as batch:
        batch.add_column(sa.Column("taken", sa.JSON(), nullable=False, server_default="{}"))
    with op.batch_alter_table("merges") as batch:
        batch.alter_column("taken", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("merges") as batch:
        batch.drop_column("taken")

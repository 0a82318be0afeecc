"""The monthly review keeps how many of a signal there were, where only some are laid before the privacy officer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0071"
down_revision = "0070"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("log_reviews", sa.Column("signalled", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("log_reviews", "signalled")

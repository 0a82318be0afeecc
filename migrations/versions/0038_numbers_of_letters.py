"""Up to which number letters may have left before a restore: no reference is given out twice."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("restores", sa.Column("letters_used", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("restores", "letters_used")

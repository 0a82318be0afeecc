"""A control keeps since when its draft told of an alarm symptom: saving it does not begin the hour anew."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0056"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("controls", sa.Column("alarm_at", sa.DateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("controls", "alarm_at")

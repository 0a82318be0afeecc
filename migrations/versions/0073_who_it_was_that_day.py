"""A line of the log keeps what somebody was called to do that day, and the name of the doctor she acted for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0073"
down_revision = "0061"
branch_labels = None
depends_on = None

COLUMNS = ("actor_function", "on_behalf_name")


def upgrade() -> None:
    for name in COLUMNS:
        op.add_column("audit_entries", sa.Column(name, sa.String(), nullable=True))


def downgrade() -> None:
    for name in reversed(COLUMNS):
        op.drop_column("audit_entries", name)

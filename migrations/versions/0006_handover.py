"""Handing over denosumab names the next injection: when, and by whom (protocol S6)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("patients") as batch:
        batch.add_column(sa.Column("handover_next_on", sa.Date(), nullable=True))
        batch.add_column(sa.Column("handover_by", sa.String(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("patients") as batch:
        batch.drop_column("handover_by")
        batch.drop_column("handover_next_on")

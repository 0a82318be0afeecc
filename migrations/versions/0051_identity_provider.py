"""Who comes in by the hospital's identity provider, and when she showed there once more that it is she."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("users") as users:
        users.add_column(sa.Column("subject", sa.String(), nullable=True))
        users.create_unique_constraint(op.f("uq_users_subject"), ["subject"])
    op.add_column("sessions", sa.Column("confirmed_at", sa.DateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("sessions", "confirmed_at")
    with op.batch_alter_table("users") as users:
        users.drop_constraint(op.f("uq_users_subject"), type_="unique")
        users.drop_column("subject")

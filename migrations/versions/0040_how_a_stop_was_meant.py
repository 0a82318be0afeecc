"""A decision to stop says whether a treatment break begins or the treatment ends."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

KNOWN, OF_A_STOP = "ck_reviews_stop_kind_known", "ck_reviews_stop_kind_of_a_stop"


def upgrade() -> None:
    with op.batch_alter_table("reviews") as batch:
        batch.add_column(sa.Column("stop_kind", sa.String(), nullable=True))
        batch.create_check_constraint(op.f(KNOWN), "stop_kind IS NULL OR stop_kind IN ('break', 'end')")
        batch.create_check_constraint(op.f(OF_A_STOP), "stop_kind IS NULL OR outcome = 'stop'")


def downgrade() -> None:
    with op.batch_alter_table("reviews") as batch:
        batch.drop_constraint(op.f(OF_A_STOP), type_="check")
        batch.drop_constraint(op.f(KNOWN), type_="check")
        batch.drop_column("stop_kind")

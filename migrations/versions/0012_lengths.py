"""An appointment has a length; those booked before get the usual one of their kind."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("appointments") as batch:
        batch.add_column(sa.Column("minutes", sa.Integer(), nullable=False, server_default="15"))
        batch.create_check_constraint(op.f("ck_appointments_minutes_possible"), "minutes BETWEEN 5 AND 480")
    for kind, minutes in (("phone", 10), ("dxa", 30), ("infusion", 60)):
        op.execute(sa.text("UPDATE appointments SET minutes = :m WHERE kind = :k").bindparams(m=minutes, k=kind))
    with op.batch_alter_table("appointments") as batch:
        batch.alter_column("minutes", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("appointments") as batch:
        batch.drop_constraint(op.f("ck_appointments_minutes_possible"), type_="check")
        batch.drop_column("minutes")

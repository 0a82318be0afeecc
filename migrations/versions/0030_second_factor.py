"""The second factor of an account, its recovery codes, and sessions that know whether both were shown."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

HAS_START = "(factor_seed IS NULL) = (factor_since IS NULL)"
HAS_END = "(factor_code_hash IS NULL) = (factor_code_until IS NULL)"
OF_USERS = ("factor_seed", "factor_since", "factor_step", "factor_code_hash", "factor_code_until", "demo")
OF_SESSIONS = ("whole", "new_seed", "address", "agent")


def upgrade() -> None:
    with op.batch_alter_table("users") as batch:
        batch.add_column(sa.Column("factor_seed", sa.String(), nullable=True))
        batch.add_column(sa.Column("factor_since", sa.DateTime(), nullable=True))
        batch.add_column(sa.Column("factor_step", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("factor_code_hash", sa.String(), nullable=True))
        batch.add_column(sa.Column("factor_code_until", sa.DateTime(), nullable=True))
        batch.add_column(sa.Column("demo", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch.create_check_constraint(op.f("ck_users_factor_has_start"), HAS_START)
        batch.create_check_constraint(op.f("ck_users_factor_code_has_end"), HAS_END)
    with op.batch_alter_table("users") as batch:
        batch.alter_column("demo", server_default=None)
    with op.batch_alter_table("sessions") as batch:
        # a session of before was opened by a password alone: it ends here, and the next sign-in asks for both
        batch.add_column(sa.Column("whole", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch.add_column(sa.Column("new_seed", sa.String(), nullable=True))
        batch.add_column(sa.Column("address", sa.String(), nullable=True))
        batch.add_column(sa.Column("agent", sa.String(), nullable=True))
    with op.batch_alter_table("sessions") as batch:
        batch.alter_column("whole", server_default=None)
    op.create_table(
        "recovery_codes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("used_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_recovery_codes_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_codes")),
        sa.UniqueConstraint("user_id", "code_hash", name=op.f("uq_recovery_codes_user_id_code_hash")),
    )


def downgrade() -> None:
    op.drop_table("recovery_codes")
    with op.batch_alter_table("sessions") as batch:
        for name in OF_SESSIONS:
            batch.drop_column(name)
    with op.batch_alter_table("users") as batch:
        batch.drop_constraint(op.f("ck_users_factor_has_start"), type_="check")
        batch.drop_constraint(op.f("ck_users_factor_code_has_end"), type_="check")
        for name in OF_USERS:
            batch.drop_column(name)

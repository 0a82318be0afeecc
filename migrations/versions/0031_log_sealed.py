"""The log is only added to, says what NEN 7513 asks, and is sealed in segments."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

ADDED_ONLY = ("audit_entries", "audit_seals")
COLUMNS = ("actor_name", "purpose", "trace", "source")
REFUSE = """
CREATE FUNCTION log_is_only_added_to() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log is only added to' USING ERRCODE = 'restrict_violation';
END $$
"""


def upgrade() -> None:
    for name in COLUMNS:
        op.add_column("audit_entries", sa.Column(name, sa.String(), nullable=True))
    op.create_table(
        "audit_seals",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("after_id", sa.Integer(), nullable=False),
        sa.Column("last_id", sa.Integer(), nullable=False),
        sa.Column("marks", sa.LargeBinary(), nullable=False),
        sa.Column("previous", sa.String(), nullable=False),
        sa.Column("head", sa.String(), nullable=False),
        sa.Column("key_name", sa.String(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_seals")),
        sa.UniqueConstraint("after_id", name=op.f("uq_audit_seals_after_id")),
    )
    if op.get_bind().dialect.name == "sqlite":
        for table in ADDED_ONLY:
            for act in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                    "BEGIN SELECT RAISE(ABORT, 'the log is only added to'); END"
                )
    else:
        op.execute(REFUSE)
        for table in ADDED_ONLY:
            op.execute(
                f"CREATE TRIGGER {table}_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION log_is_only_added_to()"
            )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for act in ("update", "delete"):
            op.execute(f"DROP TRIGGER audit_entries_no_{act}")
    else:
        op.execute("DROP TRIGGER audit_entries_only_added ON audit_entries")
    op.drop_table("audit_seals")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION log_is_only_added_to()")
    for name in reversed(COLUMNS):
        op.drop_column("audit_entries", name)

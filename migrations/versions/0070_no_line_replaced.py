"""On SQLite no line of the log and no seal is replaced: INSERT OR REPLACE removes a row without a trigger of removal."""

from __future__ import annotations

from alembic import op

revision = "0070"
down_revision = "0059"
branch_labels = None
depends_on = None

REFUSE = "BEGIN SELECT RAISE(ABORT, 'the log is only added to'); END"
TRIGGERS = {
    "audit_entries_no_replace": (
        "BEFORE INSERT ON audit_entries WHEN EXISTS (SELECT 1 FROM audit_entries WHERE id = NEW.id)"
    ),
    "audit_seals_no_replace": (
        "BEFORE INSERT ON audit_seals "
        "WHEN EXISTS (SELECT 1 FROM audit_seals WHERE number = NEW.number OR after_id = NEW.after_id)"
    ),
}


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":  # PostgreSQL has no such statement; its upsert is an update
        for name, when in TRIGGERS.items():
            op.execute(f"CREATE TRIGGER {name} {when} {REFUSE}")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in TRIGGERS:
            op.execute(f"DROP TRIGGER {name}")

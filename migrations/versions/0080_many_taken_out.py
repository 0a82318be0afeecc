"""The monthly review of the log has a signal more: many patients in the files and on the prints of one person."""

from __future__ import annotations

from alembic import op

revision = "0080"
down_revision = "0074"
branch_labels = None
depends_on = None

BEFORE = "signal IN ('own_name', 'no_reason', 'many', 'sample')"
AFTER = "signal IN ('own_name', 'no_reason', 'many', 'many_out', 'sample')"


def upgrade() -> None:
    rule(AFTER)


def downgrade() -> None:
    op.execute("DELETE FROM log_findings WHERE signal = 'many_out'")
    rule(BEFORE)


def rule(known: str) -> None:
    """Which signals there are."""
    with op.batch_alter_table("log_findings") as batch:
        batch.drop_constraint(op.f("ck_log_findings_signal_known"), type_="check")
        batch.create_check_constraint(op.f("ck_log_findings_signal_known"), known)

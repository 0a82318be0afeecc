"""Receipts of files that say how letters travel to practices."""

from __future__ import annotations

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

BEFORE = "kind IN ('practices', 'patients', 'courses', 'appointments', 'changes', 'history')"
SINCE = "kind IN ('practices', 'patients', 'courses', 'appointments', 'changes', 'history', 'channels')"


def upgrade() -> None:
    with op.batch_alter_table("import_receipts") as batch:
        batch.drop_constraint(op.f("ck_import_receipts_kind_known"), type_="check")
        batch.create_check_constraint(op.f("ck_import_receipts_kind_known"), SINCE)


def downgrade() -> None:
    with op.batch_alter_table("import_receipts") as batch:
        batch.drop_constraint(op.f("ck_import_receipts_kind_known"), type_="check")
        batch.create_check_constraint(op.f("ck_import_receipts_kind_known"), BEFORE)

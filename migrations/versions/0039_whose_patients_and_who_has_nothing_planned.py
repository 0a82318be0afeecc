"""Whose patients, and who has nothing planned: two lists that are counted without reading the whole register."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_patients_regular_nurse_id", "patients", ["regular_nurse_id"])
    op.create_index(
        "ix_patients_unplanned",
        "patients",
        ["registered_on"],
        sqlite_where=sa.text("nothing_planned IS 1"),
        postgresql_where=sa.text("nothing_planned IS true"),
    )


def downgrade() -> None:
    op.drop_index("ix_patients_unplanned", "patients")
    op.drop_index("ix_patients_regular_nurse_id", "patients")

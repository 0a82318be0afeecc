"""What is looked up by a range of text sorts by its bytes on PostgreSQL too, whatever the locale of its server."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0089"
down_revision = "0088"
branch_labels = None
depends_on = None

COLUMNS = (("patient_names", "key"), ("patients", "sort_key"), ("due_items", "code"))


def upgrade() -> None:
    sort("C")


def downgrade() -> None:
    sort("default")


def sort(collation: str) -> None:
    """PostgreSQL makes the indexes of a column anew with it; SQLite has sorted so from the start."""
    if op.get_bind().dialect.name == "postgresql":
        for table, column in COLUMNS:
            op.alter_column(table, column, type_=sa.String(collation=collation), existing_type=sa.String())

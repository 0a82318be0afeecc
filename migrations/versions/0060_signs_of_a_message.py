"""What signs the system of a practice reads, and what the hospital sends to a practice that said nothing of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0057"
branch_labels = None
depends_on = None

KNOWN = "charset IN ('latin_1', 'ascii')"


def upgrade() -> None:
    with op.batch_alter_table("practices") as batch:
        batch.add_column(sa.Column("charset", sa.String(), nullable=True))
        batch.create_check_constraint(op.f("ck_practices_charset_known"), f"charset IS NULL OR {KNOWN}")
    with op.batch_alter_table("clinic_settings") as batch:
        batch.add_column(sa.Column("charset", sa.String(), nullable=False, server_default="latin_1"))
        batch.create_check_constraint(op.f("ck_clinic_settings_charset_known"), KNOWN)
    with op.batch_alter_table("clinic_settings") as batch:
        batch.alter_column("charset", server_default=None)


def downgrade() -> None:
    for table in ("clinic_settings", "practices"):
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(op.f(f"ck_{table}_charset_known"), type_="check")
            batch.drop_column("charset")

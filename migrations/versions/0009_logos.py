"""Every logo the clinic had is kept by its fingerprint, so that frozen letters keep theirs."""

from __future__ import annotations

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    logos = op.create_table(
        "logos",
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("svg", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_logos")),
    )
    now = op.get_bind().scalar(sa.text("SELECT logo_svg FROM clinic_settings WHERE logo_svg IS NOT NULL"))
    if now is not None:
        op.bulk_insert(logos, [{"fingerprint": hashlib.sha256(bytes(now)).hexdigest()[:16], "svg": bytes(now)}])


def downgrade() -> None:
    op.drop_table("logos")

"""The clinic's own words for each kind of letter."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "text_blocks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("form_token", sa.String(), nullable=False),
        sa.Column("holds", sa.Boolean(), nullable=False),
        sa.Column("used_at", sa.DateTime(), nullable=True),
        sa.Column("used_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("(used_at IS NULL) = (used_by IS NULL)", name=op.f("ck_text_blocks_used_when_and_by_whom")),
        sa.CheckConstraint("NOT holds OR used_at IS NOT NULL", name=op.f("ck_text_blocks_holds_once_used")),
        sa.ForeignKeyConstraint(["made_by"], ["users.id"], name=op.f("fk_text_blocks_made_by")),
        sa.ForeignKeyConstraint(["used_by"], ["users.id"], name=op.f("fk_text_blocks_used_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_text_blocks")),
        sa.UniqueConstraint("form_token", name=op.f("uq_text_blocks_form_token")),
        sa.UniqueConstraint("kind", "number", name=op.f("uq_text_blocks_kind_number")),
    )
    op.create_index(
        "ux_text_blocks_holds", "text_blocks", ["kind"], unique=True, sqlite_where=sa.text("holds"),
        postgresql_where=sa.text("holds"),
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("text_blocks")

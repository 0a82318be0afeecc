"""Two patient numbers that are one woman: the merge, what came along, and to which number the other leads."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    """A foreign key with the name the conventions give it."""
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    with op.batch_alter_table("patients") as batch:
        batch.add_column(sa.Column("merged_into_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(op.f("fk_patients_merged_into_id"), "patients", ["merged_into_id"], ["id"])
        batch.create_index(op.f("ix_patients_merged_into_id"), ["merged_into_id"])
    op.create_table(
        "merges",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kept_id", sa.Integer(), nullable=False),
        sa.Column("losing_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("bsn_moved", sa.Boolean(), nullable=False),
        sa.Column("split_at", sa.DateTime(), nullable=True),
        sa.Column("split_by", sa.Integer(), nullable=True),
        sa.Column("split_reason", sa.String(), nullable=True),
        sa.CheckConstraint("kept_id <> losing_id", name=op.f("ck_merges_two_numbers")),
        sa.CheckConstraint("length(reason) > 0", name=op.f("ck_merges_reason_given")),
        sa.CheckConstraint(
            "(split_at IS NULL) = (split_by IS NULL) AND (split_at IS NULL) = (split_reason IS NULL)",
            name=op.f("ck_merges_split_is_whole"),
        ),
        key("merges", "kept_id", "patients"),
        key("merges", "losing_id", "patients"),
        key("merges", "by", "users"),
        key("merges", "split_by", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merges")),
    )
    op.create_index(op.f("ix_merges_kept_id"), "merges", ["kept_id"])
    op.create_index(op.f("ix_merges_losing_id"), "merges", ["losing_id"])
    op.create_table(
        "merge_rows",
        sa.Column("merge_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("row_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("moved", sa.Boolean(), nullable=False),
        key("merge_rows", "merge_id", "merges"),
        sa.PrimaryKeyConstraint("merge_id", "kind", "row_id", name=op.f("pk_merge_rows")),
    )


def downgrade() -> None:
    op.drop_table("merge_rows")
    op.drop_table("merges")
    with op.batch_alter_table("patients") as batch:
        batch.drop_index(op.f("ix_patients_merged_into_id"))
        batch.drop_constraint(op.f("fk_patients_merged_into_id"), type_="foreignkey")
        batch.drop_column("merged_into_id")

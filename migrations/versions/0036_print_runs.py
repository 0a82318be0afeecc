"""Print runs: the letters that were printed together, and the file."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "print_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("form_token", sa.String(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("pdf", sa.LargeBinary(), nullable=True),
        sa.Column("sha256", sa.String(), nullable=True),
        sa.Column("failed", sa.String(), nullable=True),
        sa.Column("settled_at", sa.DateTime(), nullable=True),
        sa.Column("settled_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("(pdf IS NULL) = (sha256 IS NULL)", name=op.f("ck_print_runs_file_has_hash")),
        sa.CheckConstraint(
            "(settled_at IS NULL) = (settled_by IS NULL)", name=op.f("ck_print_runs_settled_when_and_by_whom")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["users.id"], name=op.f("fk_print_runs_made_by")),
        sa.ForeignKeyConstraint(["settled_by"], ["users.id"], name=op.f("fk_print_runs_settled_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_runs")),
        sa.UniqueConstraint("form_token", name=op.f("uq_print_runs_form_token")),
    )
    op.create_index(op.f("ix_print_runs_settled_at"), "print_runs", ["settled_at"])
    op.create_table(
        "printed_letters",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("seal", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"], name=op.f("fk_printed_letters_letter_id")),
        sa.ForeignKeyConstraint(["run_id"], ["print_runs.id"], name=op.f("fk_printed_letters_run_id")),
        sa.PrimaryKeyConstraint("run_id", "letter_id", name=op.f("pk_printed_letters")),
    )
    op.create_index(op.f("ix_printed_letters_letter_id"), "printed_letters", ["letter_id"])


def downgrade() -> None:
    op.drop_table("printed_letters")
    op.drop_table("print_runs")

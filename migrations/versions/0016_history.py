"""Facts are tied to the import they came with, so that it can be undone; letters of before the register are kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

BEFORE = "kind IN ('practices', 'patients', 'courses', 'appointments', 'changes')"
SINCE = "kind IN ('practices', 'patients', 'courses', 'appointments', 'changes', 'history')"
KINDS = (
    "kind IN ('controls', 'courses', 'course_stops', 'pauses', 'doses', 'agreements', 'scans', 'spine_images', "
    "'fractures', 'labs', 'reviews', 'earlier_letters')"
)


def upgrade() -> None:
    with op.batch_alter_table("import_receipts") as batch:
        batch.drop_constraint(op.f("ck_import_receipts_kind_known"), type_="check")
        batch.create_check_constraint(op.f("ck_import_receipts_kind_known"), SINCE)
        batch.add_column(sa.Column("undone_at", sa.DateTime(), nullable=True))
        batch.add_column(sa.Column("undone_by", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("undone_because", sa.String(), nullable=True))
        batch.create_foreign_key(op.f("fk_import_receipts_undone_by"), "users", ["undone_by"], ["id"])
        batch.create_check_constraint(
            op.f("ck_import_receipts_undone_is_whole"),
            "(undone_at IS NULL) = (undone_by IS NULL) AND (undone_at IS NULL) = (undone_because IS NULL)",
        )
    op.create_table(
        "imported_facts",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("fact_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("receipt_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(KINDS, name=op.f("ck_imported_facts_kind_known")),
        sa.ForeignKeyConstraint(["receipt_id"], ["import_receipts.id"], name=op.f("fk_imported_facts_receipt_id")),
        sa.PrimaryKeyConstraint("kind", "fact_id", name=op.f("pk_imported_facts")),
    )
    op.create_index(op.f("ix_imported_facts_receipt"), "imported_facts", ["receipt_id"])
    earlier_letters()


def earlier_letters() -> None:
    """A fact like any other."""
    op.create_table(
        "earlier_letters",
        sa.Column("sent_on", sa.Date(), nullable=False),
        sa.Column("about", sa.String(), nullable=True),
        sa.Column("about_on", sa.Date(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("recorded_by", sa.Integer(), nullable=False),
        sa.Column("on_behalf_of", sa.Integer(), nullable=True),
        sa.Column("change_reason", sa.String(), nullable=True),
        sa.Column("voided_at", sa.DateTime(), nullable=True),
        sa.Column("voided_by", sa.Integer(), nullable=True),
        sa.Column("void_reason", sa.String(), nullable=True),
        sa.Column("stands", sa.Boolean(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("supersedes_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "about IS NULL OR about IN ('control', 'dxa', 'review', 'end')",
            name=op.f("ck_earlier_letters_about_known"),
        ),
        sa.CheckConstraint("(about IS NULL) = (about_on IS NULL)", name=op.f("ck_earlier_letters_about_of_a_day")),
        sa.CheckConstraint(
            "(voided_at IS NULL) = (voided_by IS NULL) AND (voided_at IS NULL) = (void_reason IS NULL)",
            name=op.f("ck_earlier_letters_void_is_whole"),
        ),
        sa.CheckConstraint("voided_at IS NULL OR NOT stands", name=op.f("ck_earlier_letters_voided_counts_nowhere")),
        sa.CheckConstraint(
            "supersedes_id IS NULL OR change_reason IS NOT NULL", name=op.f("ck_earlier_letters_correction_has_reason")
        ),
        sa.ForeignKeyConstraint(["on_behalf_of"], ["users.id"], name=op.f("fk_earlier_letters_on_behalf_of")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_earlier_letters_patient_id")),
        sa.ForeignKeyConstraint(["recorded_by"], ["users.id"], name=op.f("fk_earlier_letters_recorded_by")),
        sa.ForeignKeyConstraint(
            ["supersedes_id"], ["earlier_letters.id"], name=op.f("fk_earlier_letters_supersedes_id")
        ),
        sa.ForeignKeyConstraint(["voided_by"], ["users.id"], name=op.f("fk_earlier_letters_voided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_earlier_letters")),
        sa.UniqueConstraint("supersedes_id", name=op.f("uq_earlier_letters_supersedes_id")),
    )
    op.create_index(op.f("ix_earlier_letters_patient_id"), "earlier_letters", ["patient_id"])


def downgrade() -> None:
    op.drop_table("earlier_letters")
    op.drop_table("imported_facts")
    with op.batch_alter_table("import_receipts") as batch:
        batch.drop_constraint(op.f("ck_import_receipts_undone_is_whole"), type_="check")
        batch.drop_constraint(op.f("fk_import_receipts_undone_by"), type_="foreignkey")
        batch.drop_column("undone_because")
        batch.drop_column("undone_by")
        batch.drop_column("undone_at")
        batch.drop_constraint(op.f("ck_import_receipts_kind_known"), type_="check")
        batch.create_check_constraint(op.f("ck_import_receipts_kind_known"), BEFORE)

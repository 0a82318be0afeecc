"""Appointments carry the number of the hospital's agenda; deaths that a file told of wait to be settled."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

BEFORE = "kind IN ('practices', 'patients', 'courses')"
SINCE = "kind IN ('practices', 'patients', 'courses', 'appointments', 'changes')"


def upgrade() -> None:
    with op.batch_alter_table("appointments") as batch:
        batch.add_column(sa.Column("external_number", sa.String(), nullable=True))
        batch.add_column(sa.Column("missing_since", sa.DateTime(), nullable=True))
        batch.create_unique_constraint(op.f("uq_appointments_external_number"), ["external_number"])
        batch.create_check_constraint(
            op.f("ck_appointments_missing_was_in_agenda"), "missing_since IS NULL OR external_number IS NOT NULL"
        )
        batch.create_index(op.f("ix_appointments_missing"), ["missing_since", "state"])
    with op.batch_alter_table("import_receipts") as batch:
        batch.drop_constraint(op.f("ck_import_receipts_kind_known"), type_="check")
        batch.create_check_constraint(op.f("ck_import_receipts_kind_known"), SINCE)
    op.create_table(
        "reported_deaths",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("died_on", sa.Date(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("reported_at", sa.DateTime(), nullable=False),
        sa.Column("reported_by", sa.Integer(), nullable=False),
        sa.Column("settled_at", sa.DateTime(), nullable=True),
        sa.Column("settled_by", sa.Integer(), nullable=True),
        sa.Column("rejected_because", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(settled_at IS NULL) = (settled_by IS NULL)", name=op.f("ck_reported_deaths_settled_when_and_by_whom")
        ),
        sa.CheckConstraint(
            "rejected_because IS NULL OR settled_at IS NOT NULL", name=op.f("ck_reported_deaths_rejected_is_settled")
        ),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_reported_deaths_patient_id")),
        sa.ForeignKeyConstraint(["reported_by"], ["users.id"], name=op.f("fk_reported_deaths_reported_by")),
        sa.ForeignKeyConstraint(["settled_by"], ["users.id"], name=op.f("fk_reported_deaths_settled_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reported_deaths")),
        sa.UniqueConstraint("patient_id", "died_on", name=op.f("uq_reported_deaths_patient_id_died_on")),
    )
    op.create_index(op.f("ix_reported_deaths_open"), "reported_deaths", ["settled_at", "reported_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_reported_deaths_open"), table_name="reported_deaths")
    op.drop_table("reported_deaths")
    with op.batch_alter_table("import_receipts") as batch:
        batch.drop_constraint(op.f("ck_import_receipts_kind_known"), type_="check")
        batch.create_check_constraint(op.f("ck_import_receipts_kind_known"), BEFORE)
    with op.batch_alter_table("appointments") as batch:
        batch.drop_index(op.f("ix_appointments_missing"))
        batch.drop_constraint(op.f("ck_appointments_missing_was_in_agenda"), type_="check")
        batch.drop_constraint(op.f("uq_appointments_external_number"), type_="unique")
        batch.drop_column("missing_since")
        batch.drop_column("external_number")

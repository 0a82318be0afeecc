"""Who is away and who takes her place, whose patient she is among the doctors, which letters nurses authorise, stops known by the month."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

KINDS = ("control", "dxa", "end")


def upgrade() -> None:
    op.create_table(
        "absences",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("deputy_id", sa.Integer(), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("entered_by", sa.Integer(), nullable=False),
        sa.Column("entered_at", sa.DateTime(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint("until_on >= from_on", name=op.f("ck_absences_ends_after_start")),
        sa.CheckConstraint("deputy_id <> user_id", name=op.f("ck_absences_deputy_is_another")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_absences_user_id")),
        sa.ForeignKeyConstraint(["deputy_id"], ["users.id"], name=op.f("fk_absences_deputy_id")),
        sa.ForeignKeyConstraint(["entered_by"], ["users.id"], name=op.f("fk_absences_entered_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absences")),
    )
    op.create_index(op.f("ix_absences_until"), "absences", ["until_on"])
    op.create_table(
        "mandates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("given_by", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("entered_by", sa.Integer(), nullable=False),
        sa.Column("entered_at", sa.DateTime(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint("about IN ('control', 'dxa', 'end')", name=op.f("ck_mandates_about_known")),
        sa.CheckConstraint("until_on >= from_on", name=op.f("ck_mandates_ends_after_start")),
        sa.ForeignKeyConstraint(["given_by"], ["users.id"], name=op.f("fk_mandates_given_by")),
        sa.ForeignKeyConstraint(["entered_by"], ["users.id"], name=op.f("fk_mandates_entered_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mandates")),
    )
    with op.batch_alter_table("patients") as batch:
        batch.add_column(sa.Column("regular_doctor_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(op.f("fk_patients_regular_doctor_id"), "users", ["regular_doctor_id"], ["id"])
    with op.batch_alter_table("course_stops") as batch:
        batch.add_column(sa.Column("stop_precision", sa.String(), nullable=False, server_default="day"))
        batch.create_check_constraint(
            op.f("ck_course_stops_stop_precision_known"), "stop_precision IN ('day', 'month', 'year')"
        )
    with op.batch_alter_table("course_stops") as batch:
        batch.alter_column("stop_precision", server_default=None)
    keep_what_nurses_may()


def keep_what_nurses_may() -> None:
    """Where a nurse had the mandate it went for every kind; the responsible doctor, else the first, gave it."""
    connection = op.get_bind()
    nurse = connection.scalar(sa.text("SELECT min(id) FROM users WHERE role = 'nurse' AND may_authorise"))
    doctor = connection.scalar(
        sa.text(
            "SELECT coalesce((SELECT responsible_doctor_id FROM clinic_settings WHERE id = 1),"
            " (SELECT min(id) FROM users WHERE role = 'doctor'))"
        )
    )
    if nurse is None or doctor is None:
        return
    for kind in KINDS:
        connection.execute(
            sa.text(
                "INSERT INTO mandates (about, given_by, from_on, entered_by, entered_at)"
                " VALUES (:about, :doctor, CURRENT_DATE, :doctor, CURRENT_TIMESTAMP)"
            ),
            {"about": kind, "doctor": doctor},
        )


def downgrade() -> None:
    with op.batch_alter_table("course_stops") as batch:
        batch.drop_constraint(op.f("ck_course_stops_stop_precision_known"), type_="check")
        batch.drop_column("stop_precision")
    with op.batch_alter_table("patients") as batch:
        batch.drop_constraint(op.f("fk_patients_regular_doctor_id"), type_="foreignkey")
        batch.drop_column("regular_doctor_id")
    op.drop_table("mandates")
    op.drop_table("absences")

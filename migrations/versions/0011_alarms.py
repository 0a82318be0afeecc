"""Interim contacts name the caller, drafts since when an alarm stands in them, notes an outcome; doctors on duty."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("controls") as batch:
        batch.add_column(sa.Column("caller", sa.String(), nullable=True))
        batch.add_column(sa.Column("caller_phone", sa.String(), nullable=True))
    with op.batch_alter_table("control_drafts") as batch:
        batch.add_column(sa.Column("alarm_at", sa.DateTime(), nullable=True))
        batch.create_index(op.f("ix_control_drafts_alarm_at"), ["alarm_at"])
    with op.batch_alter_table("alert_notes") as batch:
        batch.add_column(sa.Column("outcome", sa.String(), nullable=True))
        batch.add_column(sa.Column("back_on", sa.Date(), nullable=True))
        batch.create_check_constraint(
            op.f("ck_alert_notes_outcome_known"),
            "outcome IS NULL OR outcome IN ('seen_no_action', 'interrupt_today', 'referred')",
        )
        batch.create_check_constraint(
            op.f("ck_alert_notes_referred_is_back"),
            "(outcome IS NOT NULL AND outcome = 'referred') = (back_on IS NOT NULL)",
        )
    op.create_table(
        "duties",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("doctor_id", sa.Integer(), nullable=False),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint("until_on >= from_on", name=op.f("ck_duties_ends_after_start")),
        sa.ForeignKeyConstraint(["doctor_id"], ["users.id"], name=op.f("fk_duties_doctor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duties")),
    )
    op.create_index(op.f("ix_duties_until_on"), "duties", ["until_on"])


def downgrade() -> None:
    op.drop_index(op.f("ix_duties_until_on"), table_name="duties")
    op.drop_table("duties")
    with op.batch_alter_table("alert_notes") as batch:
        batch.drop_constraint(op.f("ck_alert_notes_referred_is_back"), type_="check")
        batch.drop_constraint(op.f("ck_alert_notes_outcome_known"), type_="check")
        batch.drop_column("back_on")
        batch.drop_column("outcome")
    with op.batch_alter_table("control_drafts") as batch:
        batch.drop_index(op.f("ix_control_drafts_alarm_at"))
        batch.drop_column("alarm_at")
    with op.batch_alter_table("controls") as batch:
        batch.drop_column("caller_phone")
        batch.drop_column("caller")

"""Versions of the protocol with who made and approved them, and trials on the register.

The table that waited for versions was never written to; it goes.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

EFFECTS = "'late', 'open', 'not_yet', 'new', 'moved', 'gone', 'reason', 'alert_new', 'alert_gone'"


def upgrade() -> None:
    op.drop_table("protocol_versions")
    op.create_table(
        "protocols",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("toml", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("form_token", sa.String(), nullable=False),
        sa.Column("active_from", sa.Date(), nullable=True),
        sa.Column("approved_at", sa.DateTime(), nullable=True),
        sa.Column("approved_by", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'withdrawn', 'active', 'retired')", name=op.f("ck_protocols_state_known")
        ),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_protocols_reason_given")),
        sa.CheckConstraint(
            "(approved_at IS NULL) = (approved_by IS NULL) AND (approved_at IS NULL) = (active_from IS NULL)",
            name=op.f("ck_protocols_approved_when_and_by_whom"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('active', 'retired') OR approved_at IS NOT NULL",
            name=op.f("ck_protocols_active_is_approved"),
        ),
        sa.ForeignKeyConstraint(["made_by"], ["users.id"], name=op.f("fk_protocols_made_by")),
        sa.ForeignKeyConstraint(["approved_by"], ["users.id"], name=op.f("fk_protocols_approved_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_protocols")),
        sa.UniqueConstraint("name", name=op.f("uq_protocols_name")),
        sa.UniqueConstraint("form_token", name=op.f("uq_protocols_form_token")),
    )
    op.create_index(op.f("ix_protocols_state"), "protocols", ["state"])
    op.create_table(
        "protocol_trials",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("protocol_id", sa.Integer(), nullable=False),
        sa.Column("toml", sa.String(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("started_by", sa.Integer(), nullable=False),
        sa.Column("form_token", sa.String(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.Column("failed", sa.String(), nullable=True),
        sa.CheckConstraint("done <= total", name=op.f("ck_protocol_trials_done_within_total")),
        sa.CheckConstraint(
            "failed IS NULL OR finished_at IS NOT NULL", name=op.f("ck_protocol_trials_failed_is_finished")
        ),
        sa.ForeignKeyConstraint(["protocol_id"], ["protocols.id"], name=op.f("fk_protocol_trials_protocol_id")),
        sa.ForeignKeyConstraint(["started_by"], ["users.id"], name=op.f("fk_protocol_trials_started_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_protocol_trials")),
        sa.UniqueConstraint("form_token", name=op.f("uq_protocol_trials_form_token")),
    )
    op.create_index(op.f("ix_protocol_trials_protocol_id"), "protocol_trials", ["protocol_id"])
    op.create_table(
        "trial_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("trial_id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("effect", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("before_on", sa.Date(), nullable=True),
        sa.Column("after_on", sa.Date(), nullable=True),
        sa.CheckConstraint(f"effect IN ({EFFECTS})", name=op.f("ck_trial_changes_effect_known")),
        sa.ForeignKeyConstraint(["trial_id"], ["protocol_trials.id"], name=op.f("fk_trial_changes_trial_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_trial_changes_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trial_changes")),
    )
    op.create_index(
        op.f("ix_trial_changes_trial_id_effect_code_month_patient_id"),
        "trial_changes",
        ["trial_id", "effect", "code", "month", "patient_id"],
    )


def downgrade() -> None:
    op.drop_table("trial_changes")
    op.drop_table("protocol_trials")
    op.drop_table("protocols")
    op.create_table(
        "protocol_versions",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("numbers", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("active_from", sa.Date(), nullable=True),
        sa.Column("approved_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("state IN ('draft', 'active', 'retired')", name=op.f("ck_protocol_versions_state_known")),
        sa.ForeignKeyConstraint(["approved_by"], ["users.id"], name=op.f("fk_protocol_versions_approved_by")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_protocol_versions")),
    )

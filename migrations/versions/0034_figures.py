"""How the clinic does: runs over the register, and their cases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

FIGURES = (
    "'letter', 'yearly', 'decision', 'injection', 'infusion', 'first', 'persistence', 'measured', 'height', "
    "'prepared', 'overrun', 'lost'"
)


def upgrade() -> None:
    op.create_table(
        "figure_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("since_on", sa.Date(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("protocol", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.Column("failed", sa.String(), nullable=True),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("first_page", sa.JSON(), nullable=False),
        sa.CheckConstraint("done <= total", name=op.f("ck_figure_runs_done_within_total")),
        sa.CheckConstraint("failed IS NULL OR finished_at IS NOT NULL", name=op.f("ck_figure_runs_failed_is_finished")),
        sa.CheckConstraint("since_on <= on_date", name=op.f("ck_figure_runs_since_before_day")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figure_runs")),
    )
    op.create_table(
        "figure_cases",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("figure", sa.String(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.CheckConstraint(f"figure IN ({FIGURES})", name=op.f("ck_figure_cases_figure_known")),
        sa.CheckConstraint("state IN ('met', 'missed', 'open', 'left_out')", name=op.f("ck_figure_cases_state_known")),
        sa.ForeignKeyConstraint(["run_id"], ["figure_runs.id"], name=op.f("fk_figure_cases_run_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_figure_cases_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figure_cases")),
    )
    op.create_index(
        op.f("ix_figure_cases_run_id_figure_on_date_state_patient_id"),
        "figure_cases",
        ["run_id", "figure", "on_date", "state", "patient_id"],
    )


def downgrade() -> None:
    op.drop_table("figure_cases")
    op.drop_table("figure_runs")

"""What a nurse enters in a doctor's name waits for that doctor; what stands already counts as confirmed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "proposals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=True),
        sa.Column("stop_id", sa.Integer(), nullable=True),
        sa.Column("doctor_id", sa.Integer(), nullable=False),
        sa.Column("proposed_by", sa.Integer(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("decided_at", sa.DateTime(), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("remark", sa.String(), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'confirmed', 'returned')", name=op.f("ck_proposals_state_known")),
        sa.CheckConstraint("course_id IS NOT NULL OR stop_id IS NOT NULL", name=op.f("ck_proposals_about_something")),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (state = 'waiting') AND (decided_at IS NULL) = (decided_by IS NULL)",
            name=op.f("ck_proposals_decided_when_and_by_whom"),
        ),
        sa.CheckConstraint(
            "state <> 'returned' OR (remark IS NOT NULL AND remark <> '')",
            name=op.f("ck_proposals_returned_because"),
        ),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_proposals_patient_id")),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_proposals_course_id")),
        sa.ForeignKeyConstraint(["stop_id"], ["course_stops.id"], name=op.f("fk_proposals_stop_id")),
        sa.ForeignKeyConstraint(["doctor_id"], ["users.id"], name=op.f("fk_proposals_doctor_id")),
        sa.ForeignKeyConstraint(["proposed_by"], ["users.id"], name=op.f("fk_proposals_proposed_by")),
        sa.ForeignKeyConstraint(["decided_by"], ["users.id"], name=op.f("fk_proposals_decided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
        sa.UniqueConstraint("course_id", name=op.f("uq_proposals_course_id")),
        sa.UniqueConstraint("stop_id", name=op.f("uq_proposals_stop_id")),
    )
    op.create_index(op.f("ix_proposals_patient_id"), "proposals", ["patient_id"])
    op.create_index("ix_proposals_state_doctor", "proposals", ["state", "doctor_id"])


def downgrade() -> None:
    op.drop_table("proposals")

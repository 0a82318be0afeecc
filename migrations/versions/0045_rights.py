"""What a patient asks about her own data, her statement, and what stays of a record that was destroyed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rights_requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("extended_because", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("recorded_by", sa.Integer(), nullable=False),
        sa.Column("decided_at", sa.DateTime(), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("ground", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("settled_at", sa.DateTime(), nullable=True),
        sa.Column("settled_by", sa.Integer(), nullable=True),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("form_token", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('access', 'looks', 'correction', 'statement', 'destruction', 'other')",
            name=op.f("ck_rights_requests_kind_known"),
        ),
        sa.CheckConstraint(
            "state IN ('open', 'granted', 'refused', 'withdrawn')", name=op.f("ck_rights_requests_state_known")
        ),
        sa.CheckConstraint("due_on > received_on", name=op.f("ck_rights_requests_due_after_received")),
        sa.CheckConstraint(
            "(state = 'open') = (settled_at IS NULL) AND (settled_at IS NULL) = (settled_by IS NULL) "
            "AND (settled_at IS NULL) = (answer IS NULL)",
            name=op.f("ck_rights_requests_settled_whole"),
        ),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (decided_by IS NULL) AND (decided_at IS NULL) = (ground IS NULL)",
            name=op.f("ck_rights_requests_decided_whole"),
        ),
        sa.CheckConstraint(
            "decided_at IS NULL OR kind = 'destruction'", name=op.f("ck_rights_requests_destruction_is_decided")
        ),
        sa.ForeignKeyConstraint(["recorded_by"], ["users.id"], name=op.f("fk_rights_requests_recorded_by")),
        sa.ForeignKeyConstraint(["decided_by"], ["users.id"], name=op.f("fk_rights_requests_decided_by")),
        sa.ForeignKeyConstraint(["settled_by"], ["users.id"], name=op.f("fk_rights_requests_settled_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rights_requests")),
        sa.UniqueConstraint("form_token", name=op.f("uq_rights_requests_form_token")),
    )
    op.create_index(op.f("ix_rights_requests_patient_id"), "rights_requests", ["patient_id"])
    op.create_index(op.f("ix_rights_requests_state"), "rights_requests", ["state", "due_on", "id"])
    op.create_table(
        "statements",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
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
            "(voided_at IS NULL) = (voided_by IS NULL) AND (voided_at IS NULL) = (void_reason IS NULL)",
            name=op.f("ck_statements_void_is_whole"),
        ),
        sa.CheckConstraint("voided_at IS NULL OR NOT stands", name=op.f("ck_statements_voided_counts_nowhere")),
        sa.CheckConstraint(
            "supersedes_id IS NULL OR change_reason IS NOT NULL", name=op.f("ck_statements_correction_has_reason")
        ),
        sa.CheckConstraint("length(text) > 0", name=op.f("ck_statements_text_given")),
        sa.ForeignKeyConstraint(["recorded_by"], ["users.id"], name=op.f("fk_statements_recorded_by")),
        sa.ForeignKeyConstraint(["on_behalf_of"], ["users.id"], name=op.f("fk_statements_on_behalf_of")),
        sa.ForeignKeyConstraint(["voided_by"], ["users.id"], name=op.f("fk_statements_voided_by")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_statements_patient_id")),
        sa.ForeignKeyConstraint(["supersedes_id"], ["statements.id"], name=op.f("fk_statements_supersedes_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statements")),
        sa.UniqueConstraint("supersedes_id", name=op.f("uq_statements_supersedes_id")),
    )
    op.create_index(op.f("ix_statements_patient_id"), "statements", ["patient_id"])
    op.create_table(
        "tombstones",
        sa.Column("patient_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("ground", sa.String(), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=False),
        sa.Column("destroyed_at", sa.DateTime(), nullable=False),
        sa.Column("destroyed_by", sa.Integer(), nullable=False),
        sa.Column("rows", sa.JSON(), nullable=False),
        sa.Column("last_letter_id", sa.Integer(), nullable=True),
        sa.Column("last_patient_letter_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("decided_by <> destroyed_by", name=op.f("ck_tombstones_two_people")),
        sa.ForeignKeyConstraint(["request_id"], ["rights_requests.id"], name=op.f("fk_tombstones_request_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["users.id"], name=op.f("fk_tombstones_decided_by")),
        sa.ForeignKeyConstraint(["destroyed_by"], ["users.id"], name=op.f("fk_tombstones_destroyed_by")),
        sa.PrimaryKeyConstraint("patient_id", name=op.f("pk_tombstones")),
    )
    op.create_index(op.f("ix_tombstones_number"), "tombstones", ["number"])


def downgrade() -> None:
    op.drop_table("tombstones")
    op.drop_table("statements")
    op.drop_table("rights_requests")

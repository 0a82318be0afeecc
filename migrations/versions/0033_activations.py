"""A version offered, approved and carried through the register; what a trial saw of each patient."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("protocol_trials") as batch:  # until now every trial was beside the program's own
        batch.add_column(sa.Column("against_id", sa.Integer(), nullable=False, server_default="0"))
        batch.create_foreign_key(op.f("fk_protocol_trials_against_id"), "protocols", ["against_id"], ["id"])
    with op.batch_alter_table("protocol_trials") as batch:
        batch.alter_column("against_id", server_default=None)
    op.create_table(
        "trial_parts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("trial_id", sa.Integer(), nullable=False),
        sa.Column("states", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["trial_id"], ["protocol_trials.id"], name=op.f("fk_trial_parts_trial_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trial_parts")),
    )
    op.create_index(op.f("ix_trial_parts_trial_id"), "trial_parts", ["trial_id"])
    op.create_table("activations", *columns(), *rules())
    op.create_index(op.f("ix_activations_protocol_id"), "activations", ["protocol_id"])
    op.create_index(op.f("ix_activations_state"), "activations", ["state"])


def columns() -> list[sa.Column[object]]:
    """Who, when and how far."""
    needed = ("id", "protocol_id", "trial_id", "offered_by", "reached", "total", "done", "changed")
    times = ("approved_at", "began_at", "seen_at", "finished_at")
    return [
        *(sa.Column(name, sa.Integer(), nullable=False) for name in needed),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in ("approved_by", "withdrawn_by", "former_id")),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("state", "form_token")),
        sa.Column("offered_at", sa.DateTime(), nullable=False),
        *(sa.Column(name, sa.DateTime(), nullable=True) for name in times),
        sa.Column("binds_on", sa.Date(), nullable=True),
    ]


def rules() -> list[sa.Constraint]:
    """What the database refuses."""
    checks = {
        "state_known": "state IN ('offered', 'approved', 'running', 'done', 'withdrawn')",
        "approved_when_and_by_whom": (
            "(approved_at IS NULL) = (approved_by IS NULL) AND (approved_at IS NULL) = (binds_on IS NULL)"
        ),
        "is_approved": "state NOT IN ('approved', 'running', 'done') OR approved_at IS NOT NULL",
        "began_after_another": (
            "(state IN ('running', 'done')) = (began_at IS NOT NULL) AND (began_at IS NULL) = (former_id IS NULL)"
        ),
        "done_when": "(state = 'done') = (finished_at IS NOT NULL)",
        "withdrawn_by_whom": "(state = 'withdrawn') = (withdrawn_by IS NOT NULL)",
    }
    others = {"protocol_id": "protocols", "trial_id": "protocol_trials", "former_id": "protocols"}
    people = dict.fromkeys(("offered_by", "approved_by", "withdrawn_by"), "users")
    return [
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activations")),
        sa.UniqueConstraint("form_token", name=op.f("uq_activations_form_token")),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_activations_{name}")) for name, rule in checks.items()),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_activations_{column}"))
            for column, table in (others | people).items()
        ),
    ]


def downgrade() -> None:
    op.drop_table("activations")
    op.drop_table("trial_parts")
    with op.batch_alter_table("protocol_trials") as batch:
        batch.drop_constraint(op.f("fk_protocol_trials_against_id"), type_="foreignkey")
        batch.drop_column("against_id")

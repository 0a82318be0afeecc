"""A letter to the patient is a letter among the others: its kind says for whom it is and which."""

from __future__ import annotations

from alembic import op

revision = "0055"
down_revision = "0053"
branch_labels = None
depends_on = None

KNOWN = "kind IN ('gp', 'patient.control', 'patient.dxa', 'patient.missed', 'patient.result', 'patient.treatment')"


def upgrade() -> None:
    op.execute("UPDATE letters SET kind = 'gp' WHERE kind <> 'gp'")  # until now every letter was to a GP
    with op.batch_alter_table("letters") as batch:
        batch.create_check_constraint(op.f("ck_letters_kind_known"), KNOWN)


def downgrade() -> None:
    with op.batch_alter_table("letters") as batch:
        batch.drop_constraint(op.f("ck_letters_kind_known"), type_="check")

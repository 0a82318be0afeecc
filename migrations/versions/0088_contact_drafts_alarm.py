"""A draft of a contact keeps since when an alarm symptom stands in it, as that of a control does."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0088"
down_revision = "0087"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("form_drafts") as batch:
        batch.add_column(sa.Column("alarm_at", sa.DateTime(), nullable=True))
        batch.create_index(op.f("ix_form_drafts_alarm_at"), ["alarm_at"])
    known = (sa.column(name) for name in ("id", "patient_id", "form", "saved_at", "alarm_at"))
    drafts = sa.table("form_drafts", *known, sa.column("typed", sa.JSON()))
    patients = sa.table("patients", sa.column("id"), sa.column("status"))
    followed = sa.select(patients.c.id).where(patients.c.status == "active")
    of_contacts = drafts.c.form == "contact", drafts.c.patient_id.in_(followed)
    found = op.get_bind().execute(sa.select(drafts.c.id, drafts.c.typed).where(*of_contacts)).all()
    for row in found:
        if row.typed.get("symptoms"):  # what was ticked before reached nobody: it does from its last keeping on
            op.execute(drafts.update().where(drafts.c.id == row.id).values(alarm_at=drafts.c.saved_at))


def downgrade() -> None:
    with op.batch_alter_table("form_drafts") as batch:
        batch.drop_index(op.f("ix_form_drafts_alarm_at"))
        batch.drop_column("alarm_at")

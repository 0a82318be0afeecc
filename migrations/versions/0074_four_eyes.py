"""A nurse with the mandate does not authorise what she wrote herself, unless the clinic says so; who wrote is kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0074"
down_revision = "0073"
branch_labels = None
depends_on = None
OPEN = ("draft", "waits", "to_authorise", "returned")


def upgrade() -> None:
    with op.batch_alter_table("letters") as batch:
        batch.add_column(sa.Column("edited_by", sa.Integer(), nullable=True))
        batch.create_foreign_key(op.f("fk_letters_edited_by_users"), "users", ["edited_by"], ["id"])
    with op.batch_alter_table("clinic_settings") as batch:
        batch.add_column(sa.Column("authorise_own", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("clinic_settings") as batch:
        batch.alter_column("authorise_own", server_default=None)
    name_who_edited()


def name_who_edited() -> None:
    """Of the letters that nobody authorised yet, who put words of her own in them last: the log knows."""
    letters = sa.table("letters", *map(sa.column, ("id", "patient_id", "state", "edited", "added_text", "edited_by")))
    names = ("id", "action", "subject", "actor_id", "patient_id")
    log = sa.table("audit_entries", *map(sa.column, names), sa.column("details", sa.JSON()))
    own = sa.or_(letters.c.added_text.is_not(None), letters.c.edited.is_not(None))
    waiting = sa.select(letters.c.id, letters.c.patient_id).where(letters.c.state.in_(OPEN), own)
    for letter in op.get_bind().execute(waiting).all():
        its = (log.c.patient_id == letter.patient_id, log.c.subject == f"letter:{letter.id}")
        lines = sa.select(log.c.actor_id, log.c.details).where(log.c.action == "letter.edited", *its)
        found = op.get_bind().execute(lines.order_by(log.c.id.desc())).all()
        who = next((line.actor_id for line in found if "paragraphs" in (line.details or {})), None)
        op.execute(letters.update().where(letters.c.id == letter.id).values(edited_by=who))


def downgrade() -> None:
    with op.batch_alter_table("clinic_settings") as batch:
        batch.drop_column("authorise_own")
    with op.batch_alter_table("letters") as batch:
        batch.drop_constraint(op.f("fk_letters_edited_by_users"), type_="foreignkey")
        batch.drop_column("edited_by")

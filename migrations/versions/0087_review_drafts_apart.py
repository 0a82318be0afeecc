"""A doctor's draft of a new decision stands beside that of the correction of an older one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0087"
down_revision = "0086"
branch_labels = None
depends_on = None

OLD, NEW = "uq_review_drafts_patient_id_by", "uq_review_drafts_patient_id_by_review_id"


def upgrade() -> None:
    with op.batch_alter_table("review_drafts") as batch:
        batch.drop_constraint(op.f(OLD), type_="unique")
        batch.create_unique_constraint(op.f(NEW), ["patient_id", "by", "review_id"])
    op.create_index(
        "ux_review_drafts_new", "review_drafts", ["patient_id", "by"], unique=True,
        sqlite_where=sa.text("review_id IS NULL"), postgresql_where=sa.text("review_id IS NULL"),
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("ux_review_drafts_new", "review_drafts")
    drafts = sa.table("review_drafts", sa.column("id"), sa.column("patient_id"), sa.column("by"))
    latest = sa.select(sa.func.max(drafts.c.id)).group_by(drafts.c.patient_id, drafts.c.by)
    op.execute(sa.delete(drafts).where(drafts.c.id.not_in(latest)))
    with op.batch_alter_table("review_drafts") as batch:
        batch.drop_constraint(op.f(NEW), type_="unique")
        batch.create_unique_constraint(op.f(OLD), ["patient_id", "by"])

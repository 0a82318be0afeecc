"""The queue of letters, what became of them after they left, and the clinic's own mailbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

CHECKS = {
    "state_known": (
        "state IN ('draft', 'to_authorise', 'returned', 'authorised', 'queued', 'sent', 'failed', 'withdrawn')",
        "state IN ('draft', 'to_authorise', 'returned', 'authorised', 'queued', 'sent', 'delivered', 'failed', "
        "'returned_by_post', 'replaced', 'withdrawn')",
    ),
    "authorised_is_frozen": (
        "state NOT IN ('authorised', 'queued', 'sent', 'failed') OR (authorised_by IS NOT NULL "
        "AND authorised_at IS NOT NULL AND text IS NOT NULL AND text_sha256 IS NOT NULL)",
        "state NOT IN ('authorised', 'queued', 'sent', 'delivered', 'failed', 'returned_by_post', 'replaced') OR (authorised_by IS NOT NULL "
        "AND authorised_at IS NOT NULL AND text IS NOT NULL AND text_sha256 IS NOT NULL)",
    ),
    "queued_has_envelope": (
        "state NOT IN ('queued', 'sent', 'failed') OR (envelope IS NOT NULL AND channel IS NOT NULL)",
        "state NOT IN ('queued', 'sent', 'delivered', 'failed', 'returned_by_post', 'replaced') OR "
        "(envelope IS NOT NULL AND channel IS NOT NULL)",
    ),
    "sent_has_day": (
        "(state = 'sent') = (sent_on IS NOT NULL)",
        "(state IN ('sent', 'delivered', 'replaced')) = (sent_on IS NOT NULL)",
    ),
    "failed_because": (
        "state <> 'failed' OR failure IS NOT NULL",
        "state NOT IN ('failed', 'returned_by_post') OR failure IS NOT NULL",
    ),
}


def upgrade() -> None:
    with op.batch_alter_table("letters") as batch:
        batch.add_column(sa.Column("queued_by", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("tries", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("next_try_at", sa.DateTime(), nullable=True))
        batch.add_column(sa.Column("came_back", sa.Integer(), nullable=False, server_default="0"))
        batch.create_foreign_key(op.f("fk_letters_queued_by"), "users", ["queued_by"], ["id"])
        checks(batch, 1)
    with op.batch_alter_table("letters") as batch:
        batch.alter_column("tries", server_default=None)
        batch.alter_column("came_back", server_default=None)
    with op.batch_alter_table("clinic_settings") as batch:
        batch.add_column(sa.Column("mailbox", sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("clinic_settings") as batch:
        batch.alter_column("mailbox", server_default=None)


def checks(batch: BatchOperations, version: int) -> None:
    """The rules about a letter's state as they were (0) or as they are (1)."""
    for name, said in CHECKS.items():
        batch.drop_constraint(op.f(f"ck_letters_{name}"), type_="check")
        batch.create_check_constraint(op.f(f"ck_letters_{name}"), said[version])


def downgrade() -> None:
    with op.batch_alter_table("clinic_settings") as batch:
        batch.drop_column("mailbox")
    op.execute(sa.text("UPDATE letters SET state = 'sent' WHERE state IN ('delivered', 'replaced')"))
    op.execute(sa.text("UPDATE letters SET state = 'failed' WHERE state = 'returned_by_post'"))
    with op.batch_alter_table("letters") as batch:
        checks(batch, 0)
        batch.drop_constraint(op.f("fk_letters_queued_by"), type_="foreignkey")
        for name in ("came_back", "next_try_at", "tries", "queued_by"):
            batch.drop_column(name)

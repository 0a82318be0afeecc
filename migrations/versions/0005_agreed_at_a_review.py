"""What was agreed at a review is known as such, so that it changes and falls with it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("agreements") as batch:
        batch.add_column(sa.Column("review_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(op.f("fk_agreements_review_id"), "reviews", ["review_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("agreements") as batch:
        batch.drop_constraint(op.f("fk_agreements_review_id"), type_="foreignkey")
        batch.drop_column("review_id")

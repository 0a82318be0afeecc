"""Since when a letter waits to be authorised; what happened in a month and what left in it is found by its day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("letters", sa.Column("offered_at", sa.DateTime(), nullable=True))
    op.create_index("ix_controls_on", "controls", ["on_date"])
    op.create_index("ix_reviews_on", "reviews", ["on_date"])
    op.create_index("ix_letters_sent", "letters", ["sent_on", "id"])


def downgrade() -> None:
    op.drop_index("ix_letters_sent", "letters")
    op.drop_index("ix_reviews_on", "reviews")
    op.drop_index("ix_controls_on", "controls")
    op.drop_column("letters", "offered_at")

"""An alarm symptom of a control that was corrected or voided waits for a doctor's note all the same."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None

LEFT = sa.text("alarm_left_at IS NOT NULL")


def upgrade() -> None:
    op.add_column("controls", sa.Column("alarm_left_at", sa.DateTime(), nullable=True))
    op.create_index("ix_controls_alarm_left", "controls", ["patient_id"], sqlite_where=LEFT, postgresql_where=LEFT)


def downgrade() -> None:
    op.drop_index("ix_controls_alarm_left", table_name="controls")
    op.drop_column("controls", "alarm_left_at")

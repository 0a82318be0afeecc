"""Indexes along which the worklist walks and counts.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NEW = {
    "ix_due_items_list": [
        "backlog", "due_on", "code", "patient_id", "opens_on", "late_after", "very_late_after",
    ],
    "ix_due_items_late": ["backlog", "late_after", "code", "patient_id"],
    "ix_due_items_open": ["backlog", "opens_on", "late_after", "code", "patient_id", "subject"],
    "ix_due_items_code_open": ["backlog", "code", "opens_on", "late_after", "patient_id"],
}  # fmt: skip
OLD = {
    "ix_due_items_code_list": ["code", "due_on", "patient_id"],
    "ix_due_items_late": ["backlog", "late_after", "code"],
    "ix_due_items_list": ["backlog", "due_on", "code", "patient_id"],
    "ix_due_items_very_late": ["backlog", "very_late_after", "code"],
}


def replace(old: dict[str, list[str]], new: dict[str, list[str]]) -> None:
    """Drop one set of indexes and make the other."""
    for name in old:
        op.drop_index(name, "due_items")
    for name, columns in new.items():
        op.create_index(name, "due_items", columns)


def upgrade() -> None:
    """Cover what lists read, so that they never touch the table for a patient they do not show."""
    replace(OLD, NEW)


def downgrade() -> None:
    """The first indexes."""
    replace(NEW, OLD)

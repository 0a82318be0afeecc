"""A result's form counts once; a creatinine from 10 µmol/l can be kept."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = ("scans", "spine_images", "fractures", "labs")
POSSIBLE = "creatinine_umol_l IS NULL OR creatinine_umol_l BETWEEN {} AND 2000"


def upgrade() -> None:
    for table in TABLES:
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("form_token", sa.String(), nullable=True))
            batch.create_unique_constraint(op.f(f"uq_{table}_form_token"), ["form_token"])
    creatinine_from(10)


def downgrade() -> None:
    creatinine_from(15)
    for table in TABLES:
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(op.f(f"uq_{table}_form_token"), type_="unique")
            batch.drop_column("form_token")


def creatinine_from(lowest: int) -> None:
    name = op.f("ck_labs_creatinine_possible")
    with op.batch_alter_table("labs") as batch:
        batch.drop_constraint(name, type_="check")
        batch.create_check_constraint(name, POSSIBLE.format(lowest))

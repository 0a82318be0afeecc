"""The version that came with the program is a row like any other, and one version is in force."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

APPROVED = "state NOT IN ('active', 'retired') OR approved_at IS NOT NULL"
ACTIVE = sa.text("state = 'active'")
OWN = 0  # before the first number that a database gives by itself


def upgrade() -> None:
    with op.batch_alter_table("protocols") as batch:
        batch.alter_column("made_by", existing_type=sa.Integer(), nullable=True)
        batch.drop_constraint(op.f("ck_protocols_active_is_approved"), type_="check")
        batch.create_check_constraint(op.f("ck_protocols_active_is_approved"), f"{APPROVED} OR made_by IS NULL")
        batch.create_index(
            "uq_protocols_one_active", ["state"], unique=True, sqlite_where=ACTIVE, postgresql_where=ACTIVE
        )
    op.execute(
        sa.text(
            "INSERT INTO protocols (id, name, state, toml, reason, made_at, form_token, version)"
            " VALUES (:id, :name, 'active', :toml, :reason, '2026-01-01 00:00:00', 'came-with-the-program', 1)"
        ).bindparams(id=OWN, name="default-2026.1", toml=TOML, reason="Kwam met het programma. Came with the program.")
    )


def downgrade() -> None:
    for of_it in (
        "DELETE FROM trial_changes WHERE trial_id IN (SELECT id FROM protocol_trials WHERE protocol_id = :id)",
        "DELETE FROM protocol_trials WHERE protocol_id = :id",
        "DELETE FROM protocols WHERE id = :id",
    ):
        op.execute(sa.text(of_it).bindparams(id=OWN))
    with op.batch_alter_table("protocols") as batch:
        batch.alter_column("made_by", existing_type=sa.Integer(), nullable=False)
        batch.drop_index("uq_protocols_one_active")
        batch.drop_constraint(op.f("ck_protocols_active_is_approved"), type_="check")
        batch.create_check_constraint(op.f("ck_protocols_active_is_approved"), APPROVED)


TOML = """\
name = "default-2026.1"
pause_days = 30  # C2, days
ten_years_days = 3652  # C4, days
chain_months = 12  # C5, months
class_limit_days = 1826  # C5, days
credit_percent = 100  # C5, percent
early_months = 3  # K1, months
early_from_days = 42  # K1, days
yearly_months = 12  # K2, months
yearly_from_months = 9  # K2, months
yearly_gap_months = 6  # K2, months
registered_grace_days = 28  # K3, days
after_pause_months = 3  # K4, months
after_pause_from_days = 42  # K4, days
long_pause_months = 12  # K4, months
long_pause_from_months = 9  # K4, months
break_review_from_months = 6  # K5, months
before_review_days = 14  # S1, days
before_review_within_months = 12  # S1, months
before_review_opens_months = 5  # S1, months
mid_course_months = "off"  # S2, months
mid_course_from_months = 6  # S2, months
fracture_days = 42  # S3, days
fracture_after_months = 12  # S3, months
review_from_months = 6  # S4, months
postpone_months = 6  # S4, months
last_dose_before_end_days = 28  # S5, days
lab_before_days = 28  # S5, days
lab_within_days = 60  # S5, days
lab_late_before_days = 7  # S5, days
letter_days = 5  # S7, working_days
untreated_days = 42  # S10, days
height_red_mm = 20  # §5, mm
height_amber_mm = 10  # §5, mm
height_reset_days = 90  # §5, days
height_months = 36  # §5, months
height_recalled_mm = 40  # §5, mm
height_gain_mm = 10  # §5, mm
weight_days = 456  # §5, days
weight_amber_percent = 5  # §5, percent
weight_red_percent = 10  # §5, percent
low_bmi = 18.5  # §5, kg_m2
renal_months = 15  # §5, months
adherence_amber_percent = 80  # §5, percent
adherence_red_percent = 50  # §5, percent
extra_holidays = []

[windows."control.early"]
opens_days = 28
opens_months = 0
late_days = 28
very_late_months = 3

[windows."control.yearly"]
opens_days = 56
opens_months = 0
late_days = 56
very_late_months = 3

[windows."control.break_yearly"]
opens_days = 56
opens_months = 0
late_days = 56
very_late_months = 3

[windows."control.after_pause"]
opens_days = 56
opens_months = 0
late_days = 56
very_late_months = 3

[windows.agreed]
opens_days = 28
opens_months = 0
late_days = 28
very_late_months = 3

[windows."pause.check"]
opens_days = 14
opens_months = 0
late_days = 28

[windows."review.end_of_course"]
opens_days = 0
opens_months = 3
late_days = 0
very_late_days = 90

[windows."review.standard"]
opens_days = 0
opens_months = 3
late_days = 0
very_late_days = 90

[windows."review.class_limit"]
opens_days = 0
opens_months = 3
late_days = 0
very_late_days = 90

[windows."reassess.break"]
opens_days = 0
opens_months = 3
late_days = 0
very_late_days = 90

[windows."course.close"]
opens_days = 14
opens_months = 0
late_days = 14
very_late_days = 90

[windows."review.long_pause"]
opens_days = 28
opens_months = 0
late_days = 0
very_late_days = 90

[windows."review.after_fracture"]
opens_days = 42
opens_months = 0
late_days = 0
very_late_days = 90

[windows."review.untreated"]
opens_days = 42
opens_months = 0
late_days = 0
very_late_days = 90

[windows."dxa.after_fracture"]
opens_days = 42
opens_months = 0
late_days = 0

[windows."spine_image.after_fracture"]
opens_days = 42
opens_months = 0
late_days = 0

[windows."dxa.mid_course"]
opens_days = 28
opens_months = 0
late_days = 56

[windows."dose.zoledronic_acid"]
opens_days = 42
opens_months = 0
late_days = 28

[windows."dose.ibandronic_acid_iv"]
opens_days = 14
opens_months = 0
late_days = 14

[windows."dose.denosumab"]
opens_days = 42
opens_months = 0
late_days = 0
very_late_days = 28

[windows."lab.before_infusion"]
opens_days = 14
opens_months = 0
late_days = 0

[durations]
alendronic_acid = [5, 10]
risedronic_acid = [5, 10]
ibandronic_acid_oral = [5, 10]
zoledronic_acid = [3, 6]
ibandronic_acid_iv = [5]
denosumab = [3]
teriparatide = [2]
romosozumab = [1]

[break_months]
alendronic_acid = 24
risedronic_acid = 18
ibandronic_acid_oral = 18
ibandronic_acid_iv = 18
zoledronic_acid = 36

[renal]
alendronic_acid = [35, 30]
risedronic_acid = ["off", 30]
ibandronic_acid_oral = ["off", 30]
ibandronic_acid_iv = ["off", 30]
zoledronic_acid = [40, 35]
denosumab = [30, "off"]

[lsc_percent]
lumbar_spine = 5.3
total_hip = 5.0
femoral_neck = 6.9

[dose_months]
zoledronic_acid = 12
ibandronic_acid_iv = 3
denosumab = 6
"""

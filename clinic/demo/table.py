"""Which situations the demo clinic holds, and how often: most women are in step, a few are not."""

from __future__ import annotations

from clinic.demo import findings as seen
from clinic.demo import letters
from clinic.demo import situations as is_in
from clinic.demo.situations import Situation

ONCE: tuple[Situation, ...] = (
    seen.thigh_pain, is_in.denosumab_late, seen.shrunk, is_in.review_ready, seen.jaw, seen.forgets_tablets,
    is_in.just_started, is_in.just_proposed, is_in.early_control_due, is_in.early_control_late, is_in.in_step,
    is_in.yearly_open, is_in.yearly_late, is_in.yearly_very_late, is_in.five_years_up, is_in.ten_years_halfway,
    is_in.postponed, is_in.treatment_break, is_in.break_over, is_in.stop_not_carried_out, is_in.denosumab_in_step,
    is_in.denosumab_open, is_in.zoledronic, is_in.zoledronic_low_clearance, is_in.ibandronic_infusion,
    is_in.teriparatide, is_in.romosozumab, is_in.switched, is_in.open_pause, is_in.after_pause,
    is_in.stopped_untreated, is_in.denosumab_stopped, seen.recalled_height, seen.lost_weight,
    seen.fracture_on_treatment, seen.bone_lost, seen.other_device, seen.result_missing, seen.began_before_referral,
    seen.gp_controls, seen.agreed_call, seen.agreed_control, seen.on_prednisone, seen.waived, seen.nothing_planned,
    seen.deceased, seen.moved, seen.declined, seen.transferred, *letters.STATES, seen.grew, seen.thin,
    seen.fracture_early, seen.agreed_blood, seen.agreed_review, seen.moved_date, *seen.OTHER_SYMPTOMS,
)  # fmt: skip
OFTEN: tuple[tuple[Situation, int], ...] = (
    (is_in.in_step, 40), (is_in.ten_years_halfway, 10), (is_in.yearly_open, 8), (is_in.just_started, 5),
    (is_in.early_control_due, 4), (is_in.denosumab_in_step, 8), (is_in.zoledronic, 6), (is_in.treatment_break, 6),
    (is_in.five_years_up, 4), (is_in.yearly_late, 3), (is_in.yearly_very_late, 1), (seen.gp_controls, 2),
    (is_in.open_pause, 1), (seen.forgets_tablets, 2),
)  # fmt: skip

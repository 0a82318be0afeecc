"""The clinic's dictionary: every closed list, with the strings of the contract."""

from __future__ import annotations

from clinic.domain.word import Word


class Drug(Word):
    """The drugs of the protocol (C1)."""

    ALENDRONIC_ACID = "alendronic_acid"
    RISEDRONIC_ACID = "risedronic_acid"
    IBANDRONIC_ACID_ORAL = "ibandronic_acid_oral"
    IBANDRONIC_ACID_IV = "ibandronic_acid_iv"
    ZOLEDRONIC_ACID = "zoledronic_acid"
    DENOSUMAB = "denosumab"
    TERIPARATIDE = "teriparatide"
    ROMOSOZUMAB = "romosozumab"


class Sex(Word):
    """As in the hospital's register."""

    FEMALE = "female"
    MALE = "male"


class PatientStatus(Word):
    """Whether the clinic follows her, and if not, why (S8)."""

    ACTIVE = "active"
    DECEASED = "deceased"
    MOVED = "moved"
    TRANSFERRED = "transferred"
    DECLINED = "declined"


class StartPrecision(Word):
    """How well a start is known (D3)."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"


class ControlKind(Word):
    """Kinds of control (section 3)."""

    CLINIC = "clinic"
    PHONE = "phone"
    INTERIM = "interim"


class ControlsBy(Word):
    """Whose the controls are (C1)."""

    CLINIC = "clinic"
    GP = "gp"


class StopReason(Word):
    """Why a course was stopped."""

    PLANNED_BREAK = "planned_break"
    SWITCH = "switch"
    SIDE_EFFECTS = "side_effects"
    CONTRAINDICATION = "contraindication"
    PATIENT_WISH = "patient_wish"
    OTHER = "other"


class ProposalState(Word):
    """What became of a start, stop or switch that a nurse entered in a doctor's name."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    RETURNED = "returned"


class ScanSite(Word):
    """Where a DXA measures."""

    LUMBAR_SPINE = "lumbar_spine"
    TOTAL_HIP = "total_hip"
    FEMORAL_NECK = "femoral_neck"


class FractureSite(Word):
    """Where a fracture is; the last five do not count (S3)."""

    VERTEBRA = "vertebra"
    HIP = "hip"
    PELVIS = "pelvis"
    HUMERUS = "humerus"
    WRIST = "wrist"
    OTHER_MAJOR = "other_major"
    OTHER = "other"
    FINGER = "finger"
    TOE = "toe"
    FACE = "face"
    SKULL = "skull"
    CERVICAL_SPINE = "cervical_spine"


class ReviewOutcome(Word):
    """What a doctor can decide (section 6)."""

    CONTINUE = "continue"
    STOP = "stop"
    SWITCH = "switch"
    POSTPONE = "postpone"
    BREAK_ON = "break_on"
    RESTART = "restart"


class StopKind(Word):
    """What a decision to stop begins (section 6)."""

    BREAK = "break"
    END = "end"


class AgreementWhat(Word):
    """What can be agreed with a patient (K6)."""

    CONTROL = "control"
    DXA = "dxa"
    LAB = "lab"
    CALL = "call"
    REVIEW = "review"


class LetterAbout(Word):
    """What a letter tells of (S7, S8)."""

    CONTROL = "control"
    DXA = "dxa"
    REVIEW = "review"
    END = "end"
    START = "start"
    STOP = "stop"
    NO_SHOW = "no_show"


class Symptom(Word):
    """The seven alarm symptoms (section 5)."""

    THIGH_OR_GROIN_PAIN = "thigh_or_groin_pain"
    JAW_OR_MOUTH = "jaw_or_mouth"
    SWALLOWING_OR_RETROSTERNAL = "swallowing_or_retrosternal"
    EAR_PAIN = "ear_pain"
    CRAMPS_OR_TINGLING = "cramps_or_tingling"
    SUDDEN_BACK_PAIN = "sudden_back_pain"
    RED_PAINFUL_EYE = "red_painful_eye"


class AlarmOutcome(Word):
    """What a doctor did with an alarm symptom."""

    SEEN_NO_ACTION = "seen_no_action"
    INTERRUPT_TODAY = "interrupt_today"
    REFERRED = "referred"


class AlertLevel(Word):
    """Red makes rows on worklists, amber is shown at the field and on the record."""

    RED = "red"
    AMBER = "amber"


class ItemStatus(Word):
    """Where an item stands on a day (section 7)."""

    VERY_LATE = "very_late"
    LATE = "late"
    OPEN = "open"
    UPCOMING = "upcoming"


class AlertCode(Word):
    """Every alert of section 5; the seven symptoms are alerts of their own."""

    HEIGHT_LOSS_MEASURED = "height_loss_measured"
    HEIGHT_LOSS_RECALLED = "height_loss_recalled"
    HEIGHT_GAIN = "height_gain"
    WEIGHT_LOSS = "weight_loss"
    LOW_BMI = "low_bmi"
    BMD_LOSS = "bmd_loss"
    THIGH_OR_GROIN_PAIN = "thigh_or_groin_pain"
    JAW_OR_MOUTH = "jaw_or_mouth"
    SWALLOWING_OR_RETROSTERNAL = "swallowing_or_retrosternal"
    EAR_PAIN = "ear_pain"
    CRAMPS_OR_TINGLING = "cramps_or_tingling"
    SUDDEN_BACK_PAIN = "sudden_back_pain"
    RED_PAINFUL_EYE = "red_painful_eye"
    FRACTURE_ON_TREATMENT = "fracture_on_treatment"
    FRACTURE_EARLY = "fracture_early"
    RENAL_LIMIT = "renal_limit"
    ADHERENCE_LOW = "adherence_low"
    INTAKE_CONFLICT = "intake_conflict"
    DOSE_VERY_LATE = "dose_very_late"


class DueCode(Word):
    """Every code a due item can have."""

    CONTROL_EARLY = "control.early"
    CONTROL_YEARLY = "control.yearly"
    CONTROL_BREAK_YEARLY = "control.break_yearly"
    CONTROL_AFTER_PAUSE = "control.after_pause"
    PAUSE_CHECK = "pause.check"
    REVIEW_END_OF_COURSE = "review.end_of_course"
    REVIEW_STANDARD = "review.standard"
    REVIEW_CLASS_LIMIT = "review.class_limit"
    REVIEW_LONG_PAUSE = "review.long_pause"
    REVIEW_AFTER_FRACTURE = "review.after_fracture"
    REVIEW_UNTREATED = "review.untreated"
    REASSESS_BREAK = "reassess.break"
    COURSE_CLOSE = "course.close"
    DXA_BEFORE_REVIEW = "dxa.before_review"
    DXA_AFTER_FRACTURE = "dxa.after_fracture"
    DXA_MID_COURSE = "dxa.mid_course"
    SPINE_IMAGE_BEFORE_REVIEW = "spine_image.before_review"
    SPINE_IMAGE_AFTER_FRACTURE = "spine_image.after_fracture"
    DOSE_ZOLEDRONIC_ACID = "dose.zoledronic_acid"
    DOSE_IBANDRONIC_ACID_IV = "dose.ibandronic_acid_iv"
    DOSE_DENOSUMAB = "dose.denosumab"
    LAB_BEFORE_INFUSION = "lab.before_infusion"
    AGREED_CONTROL = "agreed.control"
    AGREED_DXA = "agreed.dxa"
    AGREED_LAB = "agreed.lab"
    AGREED_CALL = "agreed.call"
    AGREED_REVIEW = "agreed.review"
    LETTER_AFTER_CONTROL = "letter.after_control"
    LETTER_AFTER_DXA = "letter.after_dxa"
    LETTER_AFTER_REVIEW = "letter.after_review"
    LETTER_AFTER_END = "letter.after_end"


class CriterionCode(Word):
    """The clinic's criteria at a review (section 6)."""

    HIP_T = "hip_t_at_or_below_-2.5"
    VERTEBRAL_OR_HIP = "vertebral_or_hip_fracture_ever"
    MAJOR_IN_COURSE = "major_fracture_during_course"
    GLUCOCORTICOID = "glucocorticoid_7.5mg"
    AGE_75 = "age_75_and_t_at_or_below_-2.0"
    NEW_FRACTURE_ADHERENT = "new_fracture_after_12_months_adherent"
    BMD_LOSS_ADHERENT = "bmd_loss_beyond_lsc_adherent"
    INTOLERANCE_OR_RENAL = "intolerance_or_renal_limit"
    ADHERENCE_BELOW_80 = "adherence_below_80"
    AFP_OR_ONJ = "afp_or_onj_suspected"


class ReviewReason(Word):
    """Reasons of a decision that recur; the same for every outcome, and words can stand beside them."""

    VERTEBRAL_FRACTURE = "vertebral_fracture"
    NEW_FRACTURE = "new_fracture"
    T_SCORE = "t_score"
    BMD_CHANGE = "bmd_change"
    HEIGHT_LOSS = "height_loss"
    SIDE_EFFECTS = "side_effects"
    ADHERENCE = "adherence"
    KIDNEY_FUNCTION = "kidney_function"
    GLUCOCORTICOIDS = "glucocorticoids"
    PATIENTS_WISH = "patients_wish"


class MissingFact(Word):
    """What a review may have to wait for."""

    DXA = "dxa"
    SPINE_IMAGE = "spine_image"
    HEIGHT = "height"
    WEIGHT = "weight"
    ADHERENCE = "adherence"
    CREATININE = "creatinine"


class CallOutcome(Word):
    """What came of calling a patient who is late."""

    NO_ANSWER = "no_answer"
    CALL_BACK = "call_back"
    BOOKED = "booked"
    DECLINED = "declined"
    MOVED = "moved"
    DECEASED = "deceased"
    TRANSFERRED = "transferred"
    LETTER = "letter"


class TellChoice(Word):
    """How a GP hears that a control was corrected whose letter had left."""

    LETTER = "letter"
    NEXT = "next"
    NONE = "none"


class RequestKind(Word):
    """What a patient may ask about her own data."""

    ACCESS = "access"
    LOOKS = "looks"
    CORRECTION = "correction"
    STATEMENT = "statement"
    DESTRUCTION = "destruction"
    OTHER = "other"


class RequestState(Word):
    """What became of a request."""

    OPEN = "open"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class LogSignal(Word):
    """Why a look is laid before the privacy officer."""

    OWN_NAME = "own_name"
    NO_REASON = "no_reason"
    MANY = "many"
    MANY_OUT = "many_out"
    SAMPLE = "sample"


class LogVerdict(Word):
    """What she found of it."""

    FINE = "fine"
    ASKED = "asked"
    WRONG = "wrong"


class BreachState(Word):
    """What became of a possible data breach."""

    OPEN = "open"
    REPORTED = "reported"
    NOT_REPORTABLE = "not_reportable"

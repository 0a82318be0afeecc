"""A believable, made-up Dutch clinic for trying the program; dates count back from today."""

from clinic.demo.loader import DEMO_SIGN_INS, MOST_STORIES, PATIENTS, NotEmpty, load, sign_ins

__all__ = ["DEMO_SIGN_INS", "MOST_STORIES", "PATIENTS", "NotEmpty", "load", "sign_ins"]

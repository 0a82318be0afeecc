"""The ways by which letters travel behind one small interface: a channel makes the files of one letter."""

from __future__ import annotations

import csv
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from email.message import EmailMessage
from email.policy import SMTP
from io import StringIO
from types import MappingProxyType
from typing import NamedTuple

from clinic.interop import medspe
from clinic.interop.edifact import LATIN_1, Unreadable
from clinic.letters import cause
from clinic.letters.outbox import CannotLeave
from clinic.letters.text import sha256
from clinic.store.base import Json

log = logging.getLogger("clinic.letters")


class Post(NamedTuple):
    """One letter, or one copy, with its envelope; the key names it in the outbox, the control number in EDIFACT."""

    key: str
    control: str
    reference: str
    text: str
    page: bytes
    envelope: Json
    clinic: Json
    gp: medspe.Person
    patient: medspe.Person
    about: Json
    """Who the patient is: number, bsn, sex, born, street, house number, postcode, town."""
    doctor: str
    at: datetime
    """By the clinic's clock: a message and the hospital's index name the day that the letter itself names."""
    conclusion: Sequence[str] = ()
    """Those lines of the text that hold what was concluded."""
    copies: Sequence[str] = ()
    """Who else the letter says receives it."""


Files = Mapping[str, bytes]
Channel = Callable[[Post], Files]


def as_medspe(post: Post) -> Files:
    """One interchange for ZorgMail; CannotLeave names what the practice's or the clinic's details lack."""
    her, clinic, to = post.about, post.clinic, post.envelope
    letter = medspe.Letter(
        control=post.control, sender=clinic["mailbox"], mailbox=to.get("mailbox") or "", at=post.at,
        agb=to.get("agb") or "", gp=post.gp, department=clinic["department"], doctor=post.doctor,
        hospital=clinic["hospital"], born=her["born"], sex=her["sex"], patient=post.patient, number=her["number"],
        bsn=her["bsn"] or "", street=her["street"] or "", house_number=her["house_number"] or "",
        town=her["town"] or "", postcode=her["postcode"] or "", reference=post.reference,
        lines=post.text.splitlines(), conclusion=post.conclusion, copies=post.copies,
        charset=to.get("charset") or LATIN_1,
    )  # fmt: skip
    try:
        content = medspe.message(letter)
    except Unreadable as why:
        raise CannotLeave(cause.kept(why.code, **why.told)) from why
    tell_shortened(post.key, medspe.shortened(letter))
    return {f"{post.key}.edi": content}


def tell_shortened(key: str, places: Sequence[str]) -> None:
    """What a message has no room for is told by its places, so that a cut name surprises nobody; never the name."""
    if places:
        log.warning("the message of a letter has less room than a name", extra={"told": {"letter": key,
                    "shortened": list(places)}})  # fmt: skip


def as_mail(post: Post) -> Files:
    """A message with the page for the hospital's own gateway; its subject names nobody."""
    mail = EmailMessage(policy=SMTP.clone(max_line_length=998))
    mail["From"] = one_line(post.clinic["email"])
    mail["To"] = one_line(post.envelope.get("mailbox") or "")
    mail["Subject"] = f"Brief {post.reference}"
    mail["Date"] = post.at.replace(microsecond=0)
    mail["Message-ID"] = f"<{post.key}@botwacht.invalid>"
    mail.set_content(post.text)
    mail.add_attachment(post.page, maintype="application", subtype="pdf", filename=f"{post.reference}.pdf")
    mail.set_boundary(f"=_{sha256(post.key)[:32]}")  # the same letter gives the same bytes
    return {f"{post.key}.eml": mail.as_bytes(), f"{post.key}.pdf": post.page}


def one_line(words: str) -> str:
    """An address can never bring a header of its own."""
    return " ".join(words.split())


def as_document(post: Post, kind: str = "huisartsbrief") -> Files:
    """A letter for the hospital's record."""
    return in_record(post.about["number"], post.reference, kind, post.at.date(), post.page)


def in_record(number: str, reference: str, kind: str, on: date, page: bytes) -> Files:
    """The page and its line for the index of the hospital's record: whose, which, what, when, and its fingerprint."""
    line, file = StringIO(), f"{reference}.pdf"
    csv.writer(line, delimiter=";").writerow([number, reference, kind, f"{on:%Y-%m-%d}", file, sha256(page)])
    return {file: page, f"{reference}.csv": line.getvalue().encode()}


CHANNELS: Mapping[str, Channel] = MappingProxyType({"edifact": as_medspe, "secure_mail": as_mail})
"""On paper a letter goes by the print run; by these it goes by itself."""
RECORD = "epd"


def files_of(channel: str, post: Post) -> Files:
    """What leaves by a channel, with a manifest that says to whom and what each file holds."""
    made = CHANNELS[channel](post)
    told = {"reference": post.reference, "channel": channel, "envelope": post.envelope}
    told["files"] = {name: sha256(content) for name, content in made.items()}
    return {**made, "manifest.json": json.dumps(told, ensure_ascii=False, indent=1).encode()}

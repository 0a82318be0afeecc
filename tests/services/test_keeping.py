"""Nothing lost: a backup that was opened, a drill of the restore, letters that left since, and the morning's check."""

from __future__ import annotations

import json
import os
import shutil
import tarfile
from collections import namedtuple
from dataclasses import replace
from datetime import UTC, timedelta
from functools import partial
from pathlib import Path

import pyrage
import pytest
from sqlalchemy import Engine, func, make_url, select, text, update
from sqlalchemy.orm import Session

from clinic.domain.vocabulary import RequestKind
from clinic.letters.outbox import JOURNAL
from clinic.security.audit import Action
from clinic.services import (
    backups,
    checkup,
    copies,
    destruction,
    items,
    letter_sending,
    restores,
    rights,
    sealing,
    tried_files,
)  # fmt: skip
from clinic.services.anchors import Anchor, Anchors
from clinic.services.copies import AddCopy
from clinic.services.destruction import Destroy
from clinic.services.rights import RecordRequest
from clinic.services.work import Work
from clinic.store import dumps, schema, seals, soundness
from clinic.store.audit import AuditEntry
from clinic.store.base import make_engine
from clinic.store.controls import Control
from clinic.store.copies import LetterCopy
from clinic.store.due import DueItem
from clinic.store.dumps import Unusable
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from clinic.store.practices import Gp, Practice
from clinic.store.users import User, UserSession
from config import Settings
from tests.conftest import MONDAY, MONDAY_MORNING
from tests.factories import make_control, make_course, make_patient
from tests.letter_makers import drafted, sent, sign
from tests.services.test_letters_to_patients_leave import begun, told

KEY = pyrage.x25519.Identity.generate()
PUBLIC = (str(KEY.to_public()),)
LATER = MONDAY_MORNING + timedelta(hours=3)
OF_NO_TIME = ("botwacht-20991231T000000Z.age", "botwacht-20269999T000000Z.age")
"""Backups of a day that has not come, and of one that never will."""


@pytest.fixture
def url(database: Engine) -> str:
    """Where a register is in which somebody works, with the password in it."""
    with Session(database.execution_options(writes=True)) as first:
        first.add(
            User(username="first", name="T. First", function="beheerder", role="manager", created_at=MONDAY_MORNING)
        )
        first.commit()
    database.dispose()
    return database.url.render_as_string(hide_password=False)


@pytest.fixture(autouse=True)
def days_pass(monkeypatch) -> None:
    """The server's own clock does not stand on that Monday."""
    monkeypatch.setattr(checkup, "CLOCK_SLACK", timedelta(3650))


@pytest.fixture
def at_rest(database: Engine, session: Session):
    """The clinic goes home: nobody holds the register any more."""

    def close() -> None:
        session.rollback()
        session.close()
        database.dispose()

    return close


def taken(url: str, tmp_path: Path, at=MONDAY_MORNING) -> Path:
    """A backup of this moment."""
    path, _manifest = backups.take(url, tmp_path / "backups", PUBLIC, at, tmp_path)
    return path


def brought_back(url: str, path: Path, tmp_path: Path) -> restores.Restored:
    """The restore of somebody with the right key."""
    return restores.restore(url, path, KEY, LATER, tmp_path)


def looked_over(
    url: str, tmp_path: Path, now=MONDAY_MORNING, keys=PUBLIC, audit="a" * 32
) -> dict[str, checkup.Finding]:
    """What the doctor says, by name."""
    engine = make_engine(url)
    try:
        told = Settings(url, "k" * 32, tmp_path, backup_folder=tmp_path / "backups", backup_keys=keys, audit_key=audit)
        found = checkup.look_over(engine, now, told)
        return {finding.name: finding for finding in found}
    finally:
        engine.dispose()


def not_fine(said: dict[str, checkup.Finding]) -> list[str]:
    """What is wrong or was not looked at; that PostgreSQL's one account of the tests owns the register is said, too."""
    if "account" in said:
        assert said.pop("account").words.startswith("clinic owns the register")
    return [name for name, finding in said.items() if not finding.fine]


def test_the_drill_a_register_comes_back_as_it_was_and_is_read_only_until_confirmed(work, url, tmp_path, at_rest):
    nurse = work("nurse")
    patient = make_patient(nurse)
    make_course(nurse, patient)
    kept = make_control(nurse, patient, MONDAY)
    items.refresh(nurse, patient)
    nurse.session.add(UserSession(token_hash="t", user_id=nurse.actor.id, created_at=nurse.now, seen_at=nurse.now))
    nurse.session.commit()
    planned = nurse.session.scalars(select(DueItem.due_on).order_by(DueItem.code, DueItem.due_on)).all()
    path = taken(url, tmp_path)
    make_control(nurse, patient, MONDAY + timedelta(7))
    nurse.session.commit()
    at_rest()

    done = brought_back(url, path, tmp_path)

    assert done.manifest.rows["controls"] == 1
    assert (done.old is not None) == url.startswith("sqlite")
    engine = make_engine(url)
    with Session(engine) as session:
        assert session.scalars(select(Control.id)).all() == [kept.id]
        assert session.scalars(select(DueItem.due_on).order_by(DueItem.code, DueItem.due_on)).all() == planned
        assert session.scalar(select(UserSession.end_reason)) == "restore"
        assert session.scalar(select(func.count()).where(AuditEntry.action == Action.RESTORED)) == 1
    said = looked_over(url, tmp_path, LATER)
    assert said["restored"].fine is False
    assert not_fine(said) == ["restored"]
    with Session(engine) as session:
        assert restores.confirm(session, LATER, tmp_path)
        session.commit()
        assert not restores.confirm(session, LATER, tmp_path)
    engine.dispose()
    assert looked_over(url, tmp_path, LATER)["restored"].fine
    assert not (tmp_path / backups.OPEN).exists()  # nothing in the clear stays behind
    assert brought_back(url, taken(url, tmp_path, LATER), tmp_path).manifest.rows["controls"] == 1  # and once more


def test_a_letter_that_left_after_the_backup_is_not_sent_twice(work, url, tmp_path, at_rest):
    doctor = work("doctor")
    signed = sign(doctor, drafted(doctor, channel="secure_mail"))
    doctor.session.commit()
    path = taken(url, tmp_path)
    assert sent(work("secretary"), signed, tmp_path).sent
    unheard = sign(doctor, drafted(doctor, channel="secure_mail"))
    doctor.session.commit()
    sent(work("secretary"), unheard, tmp_path)
    reference, missing, patient_id = signed.reference, unheard.reference, signed.patient_id
    at_rest()

    done = brought_back(url, path, tmp_path)

    assert (done.settled, done.unknown) == ([reference], [missing])
    engine = make_engine(url)
    with Session(engine) as session:
        letter = session.scalars(select(Letter).where(Letter.reference == reference)).one()
        assert (letter.state, letter.sent_on, letter.channel) == ("sent", MONDAY, "secure_mail")
        assert letter.envelope["name"]
        lines = session.scalars(select(AuditEntry).where(AuditEntry.action == Action.LETTER_SENT)).all()
        assert [line.details for line in lines if line.patient_id == patient_id] == [{"by": "restore"}]
    engine.dispose()
    assert looked_over(url, tmp_path, LATER)["due"].fine
    assert restores.reconcile(Session(), iter(()), LATER) == ([], [])


def test_a_copy_that_left_stays_sent_and_no_number_of_a_letter_is_given_out_again(work, url, tmp_path, at_rest):
    doctor, secretary = work("doctor"), work("secretary")
    drawn = drafted(doctor, channel="secure_mail")
    elsewhere = Practice(name="De Linden", channel="secure_mail", mailbox="500000301")
    doctor.session.add(Gp(practice=elsewhere, kind="elderly_care", family_name="Boer"))
    doctor.session.flush()
    other = doctor.session.scalars(select(Gp).where(Gp.family_name == "Boer")).one()
    copies.add(secretary, AddCopy(drawn.patient_id, other.id, "medebehandelaar"))
    signed = sign(doctor, drawn)
    doctor.session.commit()
    path = taken(url, tmp_path)
    [going] = letter_sending.parcels(secretary, [signed.id])
    assert letter_sending.send(secretary, signed.id, going.confirmed, tmp_path / "outbox").sent
    copies.add(secretary, AddCopy(drawn.patient_id, None, "op haar verzoek"))
    later = sign(doctor, drafted(doctor, channel="secure_mail"))
    assert sent(secretary, later, tmp_path).sent
    reference, gone = signed.reference, later.reference
    unheard = {"reference": reference, "copy": 9, "sent_at": LATER.isoformat(), "text_sha256": signed.text_sha256}
    with (tmp_path / JOURNAL).open("a") as journal:
        journal.write(f"{json.dumps(unheard)}\n")
        journal.write("half a li")
    at_rest()

    done = brought_back(url, path, tmp_path)

    assert (done.settled, done.unknown) == ([reference], [gone, reference, "line 5"])
    engine = make_engine(url)
    with Session(engine, expire_on_commit=False) as session:
        [copy] = session.scalars(select(LetterCopy)).all()
        assert (copy.state, copy.sent_on, copy.envelope["name"]) == ("sent", MONDAY, "Boer")
        told = session.scalars(select(AuditEntry.details).where(AuditEntry.action == Action.COPY_SENT)).all()
        assert told == [{"by": "restore"}]
        [letter] = session.scalars(select(Letter)).all()
        line = {"copy": copy.standing_copy_id, "sent_at": LATER.isoformat(), "channel": "secure_mail", "envelope": {},
                "envelope_sha256": "x"}  # fmt: skip
        restores.settle_copy(session, letter, line, LATER)
        assert (copy.came_back, copy.envelope["name"]) == (0, "Boer")
        restores.settle_copy(session, letter, line | {"came_back": 1}, LATER)  # it came back, and left once more
        assert (copy.state, copy.came_back, copy.envelope) == ("sent", 1, {})
        restores.confirm(session, LATER, tmp_path)
        session.commit()
        anew = Work(session, doctor.actor, LATER, MONDAY)
        again = sign(anew, drafted(anew, channel="secure_mail"))
        assert again.reference not in (reference, gone)
        assert int(again.reference[-6:]) > int(gone[-6:])
        session.commit()
    engine.dispose()


def test_what_went_to_the_patient_herself_is_settled_though_no_journal_keeps_her_address(work, url, tmp_path, at_rest):
    doctor, secretary = work("doctor"), work("secretary")
    patient = told(work)
    invited = begun(work, patient, "control")
    drawn = drafted(doctor, channel="secure_mail")
    served = doctor.session.get_one(Patient, drawn.patient_id)
    served.own_name, served.street, served.house_number = "Zeldzaam", "Kade", "2"
    served.postcode, served.town = "7551 AB", "Hengelo"
    copies.add(secretary, AddCopy(served.id, None, "op haar verzoek"))
    signed = sign(doctor, drawn)
    doctor.session.commit()
    path = taken(url, tmp_path)
    [going] = letter_sending.parcels(secretary, [signed.id])
    assert letter_sending.send(secretary, signed.id, going.confirmed, tmp_path / "outbox").sent
    assert sent(secretary, invited, tmp_path).sent
    left = {one.id: one.envelope for one in (signed, invited)}
    [copied] = [row.envelope for row in secretary.session.scalars(select(LetterCopy))]
    written = (tmp_path / JOURNAL).read_text()
    assert not [text for text in ("Zeldzaam", "Kade", *invited.envelope["lines"][:2]) if text in written]
    at_rest()

    assert len(brought_back(url, path, tmp_path).settled) == 2

    engine = make_engine(url)
    with Session(engine) as session:
        assert {letter.id: letter.envelope for letter in session.scalars(select(Letter))} == left
        [copy] = session.scalars(select(LetterCopy))
        assert copy.envelope == copied
        line = {"copy": copy.standing_copy_id, "sent_at": LATER.isoformat(), "channel": "post", "envelope": None,
                "envelope_sha256": "of another address", "came_back": 1}  # fmt: skip
        restores.settle_copy(session, session.get_one(Letter, copy.letter_id), line, LATER)
        assert (copy.state, copy.envelope["lines"], copy.envelope_sha256) == ("sent", [], "of another address")
        session.rollback()
    engine.dispose()


def test_a_destroyed_record_does_not_come_back_unseen(work, url, tmp_path, at_rest):
    doctor, officer = work("doctor"), work("privacy_officer")
    signed = sign(doctor, drafted(doctor))
    patient = doctor.session.get_one(Patient, signed.patient_id)
    wish = RecordRequest(patient.id, RequestKind.DESTRUCTION, MONDAY, "", "t" * 8)
    row = rights.record(work("nurse"), wish)
    destruction.decide(doctor, row.id, "geen belang van een ander", row.version)
    carried_out = Destroy(row.id, row.number, "verteld", row.version)
    path = taken(url, tmp_path)
    doctor.session.execute(text("UPDATE letters SET state = 'withdrawn'"))
    destruction.destroy(officer, carried_out, tmp_path)
    number = row.number
    at_rest()

    assert brought_back(url, path, tmp_path).destroyed == [number]

    engine = make_engine(url)
    with Session(engine.execution_options(writes=True), expire_on_commit=False) as session:
        with pytest.raises(Unusable, match=f"destroyed again first: {number}"):
            restores.confirm(session, LATER, tmp_path)
        destruction.destroy(Work(session, officer.actor, LATER, MONDAY), carried_out, tmp_path)
        assert restores.confirm(session, LATER, tmp_path)
        session.commit()
    engine.dispose()
    later = taken(url, tmp_path, LATER + timedelta(1))
    assert brought_back(url, later, tmp_path).destroyed == []  # a backup of afterwards brings nobody back


def test_what_left_before_the_backup_is_in_it_and_what_the_journal_says_twice_counts_once(work, url, tmp_path, at_rest):
    doctor = work("doctor")
    signed = sign(doctor, drafted(doctor, channel="secure_mail"))
    doctor.session.commit()
    sent(work("secretary"), signed, tmp_path)
    journal = tmp_path / JOURNAL
    journal.write_text(journal.read_text() * 2)
    assert list(restores.left_since(tmp_path, LATER)) == []
    path = taken(url, tmp_path, MONDAY_MORNING - timedelta(minutes=1))
    at_rest()
    done = brought_back(url, path, tmp_path)
    assert (done.settled, done.unknown) == ([], [])


def test_a_running_clinic_is_not_restored_over(work, url, tmp_path, at_rest):
    nurse = work("nurse")
    make_patient(nurse)
    nurse.session.commit()
    path = taken(url, tmp_path)
    nurse.session.connection()
    with pytest.raises(Unusable, match="running"):
        brought_back(url, path, tmp_path)
    at_rest()
    assert brought_back(url, path, tmp_path).manifest.rows["patients"] == 1


def test_a_backup_of_a_newer_program_another_database_or_another_format_is_refused(url):
    ours = backups.Manifest(dumps.kind(url), schema.newest(), MONDAY_MORNING, "x", {"users": 1})
    restores.refuse(ours, url)
    with pytest.raises(Unusable, match="register in this backup has no accounts"):
        restores.refuse(replace(ours, rows={"users": 0}), url)
    with pytest.raises(Unusable, match="newer Botwacht \\(version 9999\\)"):
        restores.refuse(replace(ours, schema="9999"), url)
    with pytest.raises(Unusable, match="is of oracle"):
        restores.refuse(replace(ours, kind="oracle"), url)


def test_a_format_of_later_is_refused(tmp_path):
    (tmp_path / "m").write_text(backups.Manifest("sqlite", "1", MONDAY_MORNING, "x", {}, format=2).written())
    with pytest.raises(Unusable, match="format 2"):
        backups.Manifest.read(tmp_path / "m")


def test_only_the_right_key_opens_and_a_flipped_byte_is_found(session, url, tmp_path):
    path = taken(url, tmp_path)
    with pytest.raises(Unusable, match="cannot be opened"):
        backups.opened(path, pyrage.x25519.Identity.generate(), tmp_path / "other")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(Unusable, match="cannot be opened"):
        backups.opened(path, KEY, tmp_path / "flipped")


def test_what_is_no_file_in_a_backup_is_not_unpacked(tmp_path):
    (tmp_path / "folder").mkdir()
    with tarfile.open(tmp_path / "packed", "w") as tar:
        tar.add(tmp_path / "folder", arcname=backups.MANIFEST)
    pyrage.encrypt_file(str(tmp_path / "packed"), str(tmp_path / "made.age"), [KEY.to_public()])
    with pytest.raises(Unusable, match=r"manifest\.json is no file"):
        backups.opened(tmp_path / "made.age", KEY, tmp_path / "opened")


def test_a_key_that_is_none_makes_no_backup(url, tmp_path):
    with pytest.raises(Unusable, match="age1"):
        backups.take(url, tmp_path / "backups", ("secret",), MONDAY_MORNING, tmp_path)
    assert not (tmp_path / "backups").exists()


def test_a_place_without_a_register_or_without_people_is_refused_and_makes_nothing(database, tmp_path):
    empty = database.url.render_as_string(hide_password=False)
    with pytest.raises(Unusable, match="The register has no accounts"):
        taken(empty, tmp_path)
    assert looked_over(empty, tmp_path)["accounts"].fine is False
    elsewhere = tmp_path / "elsewhere" / "clinic.db"
    with pytest.raises(Unusable, match=f"There is no register at {elsewhere}"):
        taken(f"sqlite:///{elsewhere}", tmp_path)
    elsewhere.parent.mkdir()
    elsewhere.touch()  # what SQLite itself made of a wrong address
    with pytest.raises(Unusable, match="no accounts"):
        taken(f"sqlite:///{elsewhere}", tmp_path)
    assert not (tmp_path / "backups").exists()


def test_a_target_that_is_full_keeps_the_old_backup(session, url, tmp_path, monkeypatch):
    old = taken(url, tmp_path)

    def full(_source: str, half: str, _locks: object) -> None:
        Path(half).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pyrage, "encrypt_file", full)
    with pytest.raises(OSError, match="No space"):
        taken(url, tmp_path, LATER)
    assert list((tmp_path / "backups").iterdir()) == [old]


def test_what_comes_off_the_disk_changed_is_no_backup(session, url, tmp_path, monkeypatch):
    sums = iter(["a", "a", "b"])
    monkeypatch.setattr(backups, "digest", lambda _path: next(sums))
    other = backups.Manifest("sqlite", "1", MONDAY_MORNING, "other", {})
    monkeypatch.setattr(backups, "opened", lambda *_: other)
    with pytest.raises(Unusable, match="does not hold"):
        taken(url, tmp_path)
    assert not list((tmp_path / "backups").iterdir())


def test_a_backup_whose_sum_differs_is_not_opened(session, url, tmp_path, monkeypatch):
    path = taken(url, tmp_path)
    monkeypatch.setattr(backups, "digest", lambda _path: "other")
    with pytest.raises(Unusable, match="does not hold"):
        backups.opened(path, KEY, tmp_path / "x")


def test_rows_that_did_not_come_back_are_named(session, url, tmp_path, monkeypatch, at_rest):
    path = taken(url, tmp_path)
    at_rest()
    monkeypatch.setattr(dumps, "rows_of", lambda _url: {"patients": 7})
    with pytest.raises(Unusable, match="patients"):
        brought_back(url, path, tmp_path)


def test_the_programs_of_postgresql_make_as_sure_of_the_server_as_the_clinic_does():
    asked = "sslmode=verify-full&sslrootcert=/etc/ca.pem&channel_binding=require&application_name=botwacht"
    told = dumps.environment(make_url(f"postgresql://clinic:secret@db.example:5433/clinic?{asked}"))
    assert {name: told[name] for name in told if name not in ("PATH", "HOME")} == {
        "PGHOST": "db.example", "PGPORT": "5433", "PGUSER": "clinic", "PGPASSWORD": "secret", "PGDATABASE": "clinic",
        "PGSSLMODE": "verify-full", "PGSSLROOTCERT": "/etc/ca.pem", "PGCHANNELBINDING": "require",
        "PGAPPNAME": "botwacht",
    }  # fmt: skip
    with pytest.raises(Unusable, match="asks for sslcompression"):
        dumps.environment(make_url("postgresql://db.example/clinic?sslcompression=1&sslmode=require"))


def test_a_damaged_copy_is_no_backup(tmp_path):
    (tmp_path / "none").write_bytes(b"no database" * 400)
    (tmp_path / "cut").write_bytes(b"CREATE TABLE")
    with pytest.raises(Unusable, match="no whole database"):
        dumps.check("sqlite", tmp_path / "none")
    with pytest.raises(Unusable, match="before its end"):
        dumps.check("postgresql", tmp_path / "cut")


def test_a_restore_on_an_empty_machine_needs_no_old_register(session, url, tmp_path):
    if not url.startswith("sqlite"):
        return
    path = taken(url, tmp_path)
    done = brought_back(f"sqlite:///{tmp_path / 'new.db'}", path, tmp_path)
    assert done.old is None
    shutil.copy(tmp_path / "new.db", tmp_path / "broken.db")
    (tmp_path / "broken.db").write_bytes(b"no database" * 400)
    (tmp_path / "broken.db-wal").write_bytes(b"left over")
    again = brought_back(f"sqlite:///{tmp_path / 'broken.db'}", path, tmp_path)
    assert again.old == tmp_path / "broken.db.before-restore"
    assert not (tmp_path / "broken.db-wal").exists()


def test_the_oldest_backups_go_and_other_files_stay(session, url, tmp_path):
    made = [taken(url, tmp_path, MONDAY_MORNING + timedelta(days)) for days in range(3)]
    others = [tmp_path / "backups" / name for name in ("notes.txt", *OF_NO_TIME)]
    for path in others:
        path.touch()
    assert backups.forget_old(tmp_path / "backups", 2, MONDAY_MORNING + timedelta(2)) == made[:1]
    assert sorted((tmp_path / "backups").iterdir()) == sorted([*made[1:], *others])


def test_the_doctor_finds_a_healthy_clinic_healthy_and_a_wrong_item_wrong(work, url, tmp_path):
    nurse = work("nurse")
    patient = make_patient(nurse)
    make_course(nurse, patient)
    items.refresh(nurse, patient)
    nurse.session.commit()
    taken(url, tmp_path)
    assert not_fine(looked_over(url, tmp_path)) == []
    nurse.session.execute(update(DueItem).values(due_on=MONDAY))
    nurse.session.commit()
    assert patient.number in looked_over(url, tmp_path)["due"].words


def test_the_doctor_finds_a_letter_whose_words_were_changed(work, url, tmp_path):
    doctor = work("doctor")
    letter = sign(doctor, drafted(doctor))
    doctor.session.commit()
    assert looked_over(url, tmp_path)["letters"].words == "1 frozen"
    doctor.session.execute(text("UPDATE letters SET text = 'iets anders'"))
    doctor.session.commit()
    assert f"first {letter.id}" in looked_over(url, tmp_path)["letters"].words


def test_the_doctor_finds_a_clock_that_went_back_and_one_beside_the_servers(work, url, tmp_path, monkeypatch):
    nurse = work("nurse")
    make_patient(nurse)
    nurse.note(Action.PATIENT_OPENED, 1)
    nurse.commit()
    monkeypatch.setattr(checkup, "CLOCK_SLACK", timedelta(seconds=5))
    assert "behind" in looked_over(url, tmp_path, MONDAY_MORNING - timedelta(1))["clock"].words
    found = looked_over(url, tmp_path, MONDAY_MORNING)["clock"]
    assert found.fine == url.startswith("sqlite")
    monkeypatch.setattr(soundness, "its_clock", lambda _connection: MONDAY_MORNING + timedelta(minutes=1))
    assert "the database's says" in looked_over(url, tmp_path, MONDAY_MORNING)["clock"].words


def test_the_doctor_finds_an_older_schema_and_asks_nothing_more_of_it(session, url, tmp_path):
    session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    session.commit()
    said = looked_over(url, tmp_path)
    assert said["migrations"].fine is False
    assert "due" not in said


def test_the_doctor_says_that_nothing_answers(tmp_path):
    (tmp_path / "clinic.db").write_bytes(b"not a database at all" * 100)
    said = looked_over(f"sqlite:///{tmp_path / 'clinic.db'}", tmp_path)
    assert said["integrity"].fine is False


def test_the_doctor_verifies_the_log(work, url, tmp_path):
    nurse = work("nurse")
    nurse.note(Action.PATIENT_OPENED, 1)
    nurse.commit()
    assert looked_over(url, tmp_path, audit="")["log"].fine is None
    assert looked_over(url, tmp_path)["log"].words == "1 lines, 1 not sealed yet"
    Anchors(tmp_path).keep(Anchor(1, 1, "h", MONDAY_MORNING))
    assert "1 faults" in looked_over(url, tmp_path)["log"].words


def test_heads_of_before_a_restore_are_explained_by_it_and_a_log_cut_off_is_not(work, url, tmp_path, at_rest):
    anchors, key = Anchors(tmp_path), b"a" * 32

    def goes_on(now) -> sealing.Report:
        """Somebody looks, it is sealed and looked over."""
        engine = make_engine(url)
        with engine.begin() as connection:
            connection.execute(seals.LINES.insert(), {"at": now, "action": "patient.opened", "outcome": "done"})
        sealing.seal(engine, key, now, anchors)
        report = sealing.verify(engine, key, anchors)
        engine.dispose()
        return report

    assert goes_on(MONDAY_MORNING).wrong == 0
    path = taken(url, tmp_path)
    for hour in (1, 2):
        assert goes_on(MONDAY_MORNING + timedelta(hours=hour)).wrong == 0
    at_rest()
    restores.restore(
        url, path, KEY, LATER, tmp_path, partial(anchors.went_back, key=key)
    )  # seals 2 and 3 are not in it; 2 comes again, with another head
    report = goes_on(LATER)
    assert (report.wrong, report.left_behind, report.anchors) == (0, 2, 4)
    assert "2 heads left behind by a restore" in looked_over(url, tmp_path, LATER)["log"].words
    anchors.keep(Anchor(3, 9, "h", LATER + timedelta(1)))
    assert [(one.what, one.number) for one in goes_on(LATER + timedelta(hours=1)).problems] == [("anchor_differs", 3)]


def test_a_backup_that_is_named_in_the_future_is_told_and_hides_no_old_ones(session, url, tmp_path):
    taken(url, tmp_path)
    for name in OF_NO_TIME:
        (tmp_path / "backups" / name).touch()
    said = looked_over(url, tmp_path, MONDAY_MORNING + timedelta(2))
    assert (said["backup"].fine, said["backup"].words) == (False, "48.0 hours old")
    assert said["backup names"].words.startswith("1 in ")
    assert "backup names" not in looked_over(url, tmp_path, MONDAY_MORNING + timedelta(40_000))


def test_what_is_sealed_while_the_doctor_looks_is_not_told_as_removed(work, url, tmp_path, monkeypatch):
    nurse = work("nurse")
    seen = checkup.restored

    def meanwhile(connection):
        nurse.note(Action.PATIENT_OPENED, 1)
        nurse.commit()
        sealing.seal(nurse.session.get_bind(), b"a" * 32, MONDAY_MORNING)
        return seen(connection)

    monkeypatch.setattr(checkup, "restored", meanwhile)
    assert looked_over(url, tmp_path)["log"].words == "1 lines, 0 not sealed yet"


def test_what_a_killed_backup_left_open_is_told_and_goes_with_the_next(session, url, tmp_path, monkeypatch):
    left = tmp_path / backups.OPEN
    left.mkdir()
    (left / "packed").write_text("everybody")
    assert "not locked" in looked_over(url, tmp_path)["left open"].words
    packed = backups.packed

    def at_work(*given):
        assert not (left / "packed").exists()
        assert looked_over(url, tmp_path)["left open"].fine
        with pytest.raises(Unusable, match="at work"):
            backups.take(url, tmp_path / "other", PUBLIC, MONDAY_MORNING, tmp_path)
        return packed(*given)

    monkeypatch.setattr(backups, "packed", at_work)
    taken(url, tmp_path)
    assert looked_over(url, tmp_path)["left open"].words == "nothing"
    assert not left.exists()
    assert checkup.left_open(Settings(url, "k" * 32, tmp_path / "nowhere")).fine


def test_what_a_killed_restore_left_beside_the_register_is_told(session, url, tmp_path):
    here = Settings(f"sqlite:///{tmp_path / 'clinic.db'}", "k" * 32, tmp_path)
    (left := dumps.place_beside(here.database_url)).touch()
    said = checkup.left_open(here)
    assert (said.fine, said.words) == (
        False, f"{left}: the register, not locked; remove it, or the next `clinic restore` does"
    )  # fmt: skip
    with backups.in_the_clear(tmp_path):
        assert checkup.left_open(here).fine
    assert checkup.left_open(replace(here, database_url="postgresql:///clinic")).fine


def test_programs_of_another_version_than_the_server_are_told_where_backups_are_made(
    session, url, tmp_path, monkeypatch
):
    versions = {"pg_dump": 99, "psql": None}
    monkeypatch.setattr(dumps, "version_here", versions.get)
    said = looked_over(url, tmp_path)
    if url.startswith("sqlite"):
        assert "programs" not in said
        monkeypatch.setattr(dumps, "other_programs", lambda _connection: "pg_dump is of version 9")
        assert looked_over(url, tmp_path)["programs"].words.startswith("pg_dump is of version 9: have those")
        return
    server = session.connection().dialect.server_version_info[0]
    assert said["programs"].words.startswith(
        f"pg_dump is of version 99 and the server of {server}, psql is of version none and the server of {server}: "
    )
    monkeypatch.undo()
    assert dumps.version_here("pg_dump")
    assert dumps.version_here("nothing-of-that-name") is None


Space = namedtuple("Space", "total used free")


def test_a_file_that_was_tried_out_and_not_brought_in_goes_after_its_hours_whoever_laid_it_down(session, url, tmp_path):
    shelves = [tried_files.of_person(tmp_path, user) / name for user, name in ((1, "a"), (1, "b"), (2, "c"), (2, "d"))]
    for folder in shelves:
        folder.mkdir(parents=True)
        (folder / "file").write_bytes(b"Zeldzaam;999990019")
    old, fresh, torn, half = shelves
    (old / tried_files.LAID_DOWN).write_text((LATER - tried_files.KEPT - timedelta(seconds=1)).isoformat())
    (fresh / tried_files.LAID_DOWN).write_text((LATER - tried_files.KEPT).isoformat())
    (torn / tried_files.LAID_DOWN).write_text("2026-1")
    assert tried_files.since(tmp_path / "gone", LATER) == LATER
    made = MONDAY_MORNING.replace(tzinfo=UTC).timestamp()
    os.utime(half, (made, made))
    said = looked_over(url, tmp_path, LATER)["tried imports"]
    assert (said.fine, said.words[:2]) == (False, "2 ")
    assert tried_files.sweep(tmp_path, LATER) == 2
    assert sorted(tmp_path.glob("imports/*/*")) == [fresh, half]
    assert tried_files.sweep(tmp_path, LATER + tried_files.KEPT) == 2
    assert looked_over(url, tmp_path, LATER)["tried imports"].fine


def test_the_doctor_finds_a_full_disk_a_folder_that_is_gone_and_old_backups(session, url, tmp_path, monkeypatch):
    assert looked_over(url, tmp_path, keys=())["backup"].fine is None
    (tmp_path / "backups").mkdir()
    assert "none yet" in looked_over(url, tmp_path)["backup"].words
    taken(url, tmp_path)
    assert looked_over(url, tmp_path, MONDAY_MORNING + timedelta(2))["backup"].fine is False
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: Space(100_000_000_000, 99_000_000_000, 900_000_000))
    assert looked_over(url, tmp_path)[f"disk {tmp_path}"].fine is False
    assert checkup.disk(tmp_path / "gone").words == "cannot be written"

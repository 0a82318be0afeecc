"""`clinic plan --patient`: the rules' view of a patient of the register, and a line in the log that it was read."""

import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.cli import main
from clinic.security.audit import Action
from clinic.store.audit import AuditEntry
from clinic.store.base import make_engine
from tests.factories import make_control, make_course, make_patient


@pytest.fixture
def type_in(monkeypatch, database_url, tmp_path):
    """`type_in("--patient", …)`: `clinic plan` at a terminal of the clinic."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("CLINIC_INSTANCE", str(tmp_path))
    monkeypatch.setenv("CLINIC_SECRET_KEY", "k" * 32)
    return lambda *words: CliRunner().invoke(main, ["plan", *words, "--on", "2026-11-23", "--lang", "nl"])


@pytest.fixture
def number(work, database_url):
    nurse = work("nurse")
    patient = make_patient(nurse, number="0012345")
    make_course(nurse, patient)
    make_control(nurse, patient, date(2025, 6, 12))
    nurse.note(Action.CONTROL_SAVED, patient.id)
    nurse.commit()
    return patient.number


def test_a_patient_of_the_register_reads_as_her_facts_in_a_file(type_in, number, tmp_path: Path):
    facts = {
        "patient": {"sex": "female", "birth_date": "1953-03-14", "registered_on": "2020-01-01"},
        "courses": [{"drug": "alendronic_acid", "started_on": "2025-03-10", "planned_years": 5}],
        "controls": [{"on": "2025-06-12"}],
    }
    (tmp_path / "facts.json").write_text(json.dumps(facts), encoding="utf-8")
    in_register = type_in("--patient", number, "--json")
    assert in_register.exit_code == 0
    assert json.loads(in_register.output) == json.loads(type_in(str(tmp_path / "facts.json"), "--json").output)
    assert "10-03-2026" in type_in("--patient", number).output or "2026-03-10" in type_in("--patient", number).output


def test_reading_it_is_written_in_the_log(type_in, number, database_url):
    type_in("--patient", number)
    engine = make_engine(database_url)
    with Session(engine) as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "patient.opened")).one()
        assert (entry.actor_id, entry.details) == (None, {"by": "command line"})
    engine.dispose()


def test_a_number_that_nobody_has_ends_with_2_and_says_so(type_in, number):
    answer = type_in("--patient", "999", "--json")
    assert answer.exit_code == 2
    assert "999" in json.loads(answer.stdout)["error"]


@pytest.mark.parametrize("words", [(), ("facts.json", "--patient", "0012345")])
def test_it_is_a_file_or_a_patient(type_in, words):
    assert type_in(*words).exit_code == 2


WHO = {"sex": "female", "birth_date": "1953-03-14", "registered_on": "2020-01-01"}
USED = {"drug": "alendronic_acid", "started_on": "2020-03-10"}


def scanned(*bmd):
    return {"scans": [{"on": f"202{year}-03-10", "device": "a", "sites": {"total_hip": {"bmd_mg_cm2": one}}}
                      for year, one in enumerate(bmd)]}  # fmt: skip


@pytest.mark.parametrize(("facts", "field"), [
    ({"reviews": [{"on": "2024-03-10", "outcome": "continue", "until": "9999-12-31"}]}, "reviews[0].until"),
    ({"controls": [{"on": "1899-12-31"}]}, "controls[0].on"),
    ({"controls": [{"on": "2025-06-10", "height_mm": 0, "weight_g": 60000}]}, "controls[0].height_mm"),
    ({"controls": [{"on": "2025-06-10", "height_mm": 1600, "weight_g": 10**30}]}, "controls[0].weight_g"),
    (scanned(0, 0), "scans[0].sites.total_hip.bmd_mg_cm2"),
    ({"labs": [{"on": "2026-01-05", "creatinine_umol_l": 0}]}, "labs[0].creatinine_umol_l"),
    ({"glucocorticoids": [{"from": "2024-01-01", "mg_per_day": "9e999999"}]}, "glucocorticoids[0].mg_per_day"),
    ({"patient": {name: WHO[name] for name in ("sex", "birth_date")}}, "patient.registered_on"),
])  # fmt: skip
def test_a_value_that_cannot_be_is_named_in_its_place_and_every_later_line_is_answered(type_in, tmp_path, facts, field):
    good = {"patient": WHO, "courses": [USED | {"pauses": [{"from": "2022-01-01", "until": "2022-06-01"}]}]}
    lines = [json.dumps(one) for one in (good, good | facts, good)]
    (tmp_path / "facts.ndjson").write_text("\n".join(lines), encoding="utf-8")
    answer = type_in(str(tmp_path / "facts.ndjson"), "--json")
    first, wrong, last = map(json.loads, answer.stdout.splitlines())
    assert answer.exit_code == 2
    assert first == last
    assert wrong["error"].startswith(f"line 2: {field}: expected ")


@pytest.mark.parametrize("line", ['{"patient": ' + "9" * 5000 + "}", "[" * 100_000, '{"\\ud800": 1}'])
def test_json_that_nothing_can_be_made_of_is_a_line_that_cannot_be_read(type_in, tmp_path, line):
    for name, text in (("facts.ndjson", f"{line}\n{json.dumps({'patient': WHO})}"), ("facts.json", line)):
        (tmp_path / name).write_text(text, encoding="utf-8")
        answer = type_in(str(tmp_path / name), "--json")
        assert answer.exit_code == 2
        assert [("error" in json.loads(one)) for one in answer.stdout.splitlines()] == [True, False][
            : len(text.split("\n"))
        ]


@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\x85"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_line_of_a_file_ends_where_json_ends_it_and_nowhere_in_a_text(type_in, tmp_path, sign, end):
    why = f"eerst{sign}bellen"
    agreed = {"what": "control", "on": "2027-01-04", "made_on": "2026-11-02", "why": why}
    line = json.dumps({"patient": WHO, "courses": [USED], "agreements": [agreed]}, ensure_ascii=False)
    (tmp_path / "facts.ndjson").write_bytes(end.join([line, "", line, ""]).encode())
    answer = type_in(str(tmp_path / "facts.ndjson"), "--json")
    assert (answer.exit_code, answer.stderr) == (0, "")
    told = [json.loads(one) for one in answer.stdout.split("\n") if one]
    assert [[item["code"] for item in one["due"]].count("agreed.control") for one in told] == [1, 1]


def test_the_first_and_the_last_day_that_can_be_are_reckoned_with(type_in, tmp_path):
    decided = {"on": "2024-03-10", "outcome": "continue", "until": "2100-12-31"}
    told = {"patient": WHO, "courses": [USED], "reviews": [decided], "controls": [{"on": "1900-01-01"}]}
    (tmp_path / "facts.json").write_text(json.dumps(told), encoding="utf-8")
    assert json.loads(type_in(str(tmp_path / "facts.json"), "--json").stdout)["course"]["planned_end"] == "2100-12-31"

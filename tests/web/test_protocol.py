"""The protocol as pages and commands: read by everybody, tried on the named cases, written out and checked."""

from dataclasses import replace

import pytest
from click.testing import CliRunner

from clinic.cli import main
from clinic.domain.protocol import DEFAULT
from clinic.interop import protocols, selftest

ROLES = ("nurse", "doctor", "secretary", "manager", "privacy_officer")


@pytest.mark.parametrize("role", ROLES)
def test_everybody_reads_the_rules_and_what_they_move(sign_in, role):
    page = sign_in(role).get("/protocol").text
    for said in ("default-2026.1", "Jaarcontrole na de vorige", "Elke jaarcontrole.", "5,3 %",
                 "FMS-richtlijn 2022", "56 dagen ervoor", "7 dagen vóór de gift", "5 / 10"):  # fmt: skip
        assert said in page


def test_it_is_read_in_english_too(sign_in):
    client = sign_in("doctor")
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    assert "Yearly control after the last" in client.get("/protocol").text


def test_nobody_reads_it_without_an_account(client):
    assert client.get("/protocol").status_code == 401


def test_every_named_case_is_as_expected(sign_in):
    page = sign_in("manager").get("/protocol/test").text
    assert "258 benoemde gevallen" in page
    assert "Elk geval wordt berekend zoals verwacht." in page


def test_a_case_that_is_not_as_expected_stands_first_and_loud(sign_in, monkeypatch):
    changed = list(selftest.run(replace(DEFAULT, yearly_months=15)))
    monkeypatch.setattr(selftest, "run", lambda: changed)
    page = sign_in("manager").get("/protocol/test").text
    assert "Vertrouw geen datum tot dit is uitgezocht" in page
    assert page.index("is-late") < page.index('class="is-ok"')


def test_the_file_is_the_protocol(sign_in):
    answer = sign_in("secretary").get("/protocol/export.toml")
    assert protocols.load(answer.text) == DEFAULT
    assert 'filename="default-2026.1.toml"' in answer.headers["Content-Disposition"]


@pytest.fixture
def ran(monkeypatch, database_url, tmp_path):
    """`ran("show")`: `clinic protocol` at the machine of a register."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("CLINIC_INSTANCE", str(tmp_path))
    monkeypatch.setenv("CLINIC_SECRET_KEY", "k" * 32)
    return lambda *words: CliRunner().invoke(main, ["protocol", *words])


def test_the_commands_show_export_and_try(ran, tmp_path):
    assert "yearly_months" in ran("show").output
    file = tmp_path / "kliniek.toml"
    file.write_text(ran("export").output)
    assert ran("check", str(file)).output == "kliniek.toml: a protocol, named default-2026.1\n"
    tried = ran("test")
    assert (tried.exit_code, tried.output) == (0, "258 cases, 0 differ\n")


def test_a_changed_file_says_what_it_changes_and_which_cases(ran, tmp_path):
    file = tmp_path / "kliniek.toml"
    file.write_text('name = "kliniek-2027.1"\nyearly_months = 15\n')
    assert "yearly_months = 15" in ran("check", str(file)).output
    tried = ran("test", "--protocol", str(file))
    assert tried.exit_code == 1
    assert "  - control.yearly:" in tried.output
    assert "  + control.yearly:" in tried.output


def test_a_file_that_is_no_protocol_says_where(ran, tmp_path):
    file = tmp_path / "kliniek.toml"
    file.write_text("yearly_months = 99\n")
    for words in (("check", str(file)), ("test", "--protocol", str(file))):
        bad = ran(*words)
        assert bad.exit_code == 2
        assert "line 1: yearly_months: must lie between 6 and 24, is 99" in bad.output

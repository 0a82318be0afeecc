"""The clinic's settings: limits of the window, a logo that can do nothing, old and new in the log."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import Engine, select, update

from clinic.domain.errors import RuleBroken
from clinic.security.permissions import Role
from clinic.services import accounts, letter_logo, settings
from clinic.services.logo import DEEPEST, MOST_BYTES, MOST_ELEMENTS, sanitised
from clinic.services.work import NotAllowed, Stale, Work, begin
from clinic.store.audit import AuditEntry
from clinic.store.settings import ClinicSettings, Logo
from tests.conftest import account

Start = Callable[..., Work]
SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9"{}>{}</svg>'


def details(**given: Any) -> settings.ClinicDetails:
    """A clinic of which only what is given matters."""
    empty = {field.name: "" for field in dataclasses.fields(settings.ClinicDetails)}
    window = {"window_x_mm": 25, "window_y_mm": 60, "window_w_mm": 85, "window_h_mm": 35}
    return settings.ClinicDetails(**(empty | window | {"responsible_doctor_id": None, "charset": "latin_1"} | given))


def changes(work: Work) -> dict[str, Any]:
    entry = work.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert entry.details is not None
    return dict(entry.details["changes"])


def test_a_new_clinic_fills_in_its_settings_and_changes_one(work: Start) -> None:
    manager = work("manager")
    assert settings.current(manager.session).hospital == ""
    settings.save(manager, details(hospital="Ziekenhuis Oudeterp"), 0)
    settings.save(manager, details(hospital="Ziekenhuis Oudeterp", phone="0513 200 000"), 1)
    assert changes(manager) == {"phone": ["", "0513 200 000"]}
    assert settings.current(manager.session).version == 2


def test_saving_what_already_stands_writes_nothing(work: Start) -> None:
    manager = work("manager")
    settings.save(manager, details(hospital="Ziekenhuis Oudeterp"), 0)
    settings.save(manager, details(hospital="Ziekenhuis Oudeterp"), 1)
    assert settings.current(manager.session).version == 1
    assert len(manager.session.scalars(select(AuditEntry)).all()) == 1


def test_a_page_that_is_overtaken_says_by_whom(work: Start) -> None:
    manager = work("manager")
    settings.save(manager, details(hospital="Oudeterp"), 0)
    with pytest.raises(Stale, match="Test manager"):
        settings.save(manager, details(hospital="Nieuwterp"), 0)


@pytest.mark.parametrize(("given", "field", "code"), [
    ({"window_x_mm": 9}, "window_x_mm", "window_limits"),
    ({"window_x_mm": 121}, "window_x_mm", "window_limits"),
    ({"window_y_mm": 39}, "window_y_mm", "window_limits"),
    ({"window_y_mm": 71}, "window_y_mm", "window_limits"),
    ({"window_w_mm": 69}, "window_w_mm", "window_limits"),
    ({"window_w_mm": 101}, "window_w_mm", "window_limits"),
    ({"window_h_mm": 19}, "window_h_mm", "window_limits"),
    ({"window_h_mm": 46}, "window_h_mm", "window_limits"),
    ({"window_x_mm": 120, "window_w_mm": 81}, "window_w_mm", "window_off_paper"),
    ({"window_y_mm": 65}, "window_h_mm", "window_over_fold"),
])  # fmt: skip
def test_a_window_lies_on_the_paper_above_the_fold(work: Start, given: dict[str, int], field: str, code: str) -> None:
    with pytest.raises(RuleBroken) as broken:
        settings.save(work("manager"), details(**given), 0)
    assert (broken.value.field, broken.value.code) == (field, code)


@pytest.mark.parametrize("given", [
    {"window_x_mm": 120, "window_w_mm": 80}, {"window_x_mm": 10}, {"window_y_mm": 64},
    {"window_y_mm": 40, "window_h_mm": 45},
])  # fmt: skip
def test_a_window_at_its_limits_is_kept(work: Start, given: dict[str, int]) -> None:
    settings.save(work("manager"), details(**given), 0)


def test_the_letterhead_has_the_clinic_and_its_doctor_and_is_empty_before_there_are_any(work: Start) -> None:
    manager = work("manager")
    doctor = account(manager.session, Role.DOCTOR)
    empty = settings.letterhead(manager.session)
    assert set(empty) == {None}
    settings.save(manager, details(hospital="Ziekenhuis Noord", responsible_doctor_id=doctor.id), 0)
    head = settings.letterhead(manager.session)
    assert (head.hospital, head.doctor, head.doctors_function) == ("Ziekenhuis Noord", doctor.name, doctor.function)


def test_only_a_doctor_at_work_is_responsible(work: Start) -> None:
    manager = work("manager")
    doctor = account(manager.session, Role.DOCTOR)
    settings.save(manager, details(responsible_doctor_id=doctor.id), 0)
    with pytest.raises(RuleBroken, match="doctor_unknown"):
        settings.save(manager, details(responsible_doctor_id=manager.actor.id), 1)
    doctor.active = False
    with pytest.raises(RuleBroken, match="doctor_unknown"):
        settings.save(manager, details(responsible_doctor_id=doctor.id), 1)


def test_a_doctor_gets_another_name_and_function_and_nobody_else_does(work: Start) -> None:
    manager = work("manager")
    doctor, nurse = account(manager.session, Role.DOCTOR), account(manager.session, Role.NURSE)
    seen = accounts.fingerprint(doctor)
    accounts.rename(manager, doctor.id, "dr. J. Visser", "internist-endocrinoloog", seen)
    assert changes(manager)["name"] == ["Test doctor", "dr. J. Visser"]
    with pytest.raises(Stale):
        accounts.rename(manager, doctor.id, "dr. Visser", "internist", seen)
    with pytest.raises(LookupError):
        accounts.rename(manager, nurse.id, "x", "x", accounts.fingerprint(nurse))


def test_the_log_knows_a_logo_by_its_fingerprint(work: Start) -> None:
    manager = work("manager")
    settings.save_logo(manager, SVG.format("", '<path d="M0 0h9"/>').encode(), 0)
    old, new = changes(manager)["logo"]
    assert old is None
    assert len(new) == 16
    assert b"<path" in (settings.current(manager.session).logo_svg or b"")
    settings.save_logo(manager, None, 1)
    assert settings.current(manager.session).logo_svg is None


def test_a_drawing_keeps_its_shapes_and_colours() -> None:
    inside = (
        '<defs><linearGradient id="a"><stop offset="0" style="stop-color:#0a5; -inkscape-x: 1"/></linearGradient>'
        '<linearGradient id="b" xlink:href="#a"/></defs><metadata><anything/></metadata>'
        '<path d="M0 0h9" class="x" data-y="z" style="fill:url(#b)"/><text>Zorg &amp; meer</text>'
    )
    kept = sanitised(SVG.format("", inside).encode()).decode()
    for part in ('stop-color="#0a5"', 'xlink:href="#a"', 'fill="url(#b)"', "Zorg &amp; meer"):
        assert part in kept
    for part in ("inkscape", "metadata", "class", "data-y", "style"):
        assert part not in kept
    assert sanitised(kept.encode()).decode() == kept


@pytest.mark.parametrize(("attributes", "inside", "code"), [
    (' onload="x()"', "", "logo_forbidden"),
    ("", '<path onclick="x()"/>', "logo_forbidden"),
    ("", "<script>x()</script>", "logo_forbidden"),
    ("", "<SCRIPT/>", "logo_forbidden"),
    ("", "<style>*{}</style>", "logo_forbidden"),
    ("", "<foreignObject/>", "logo_forbidden"),
    ("", '<image href="data:image/png;base64,AA"/>', "logo_forbidden"),
    ("", '<use href="#a"/>', "logo_forbidden"),
    ("", '<a href="#a"/>', "logo_forbidden"),
    ("", "<animate/>", "logo_forbidden"),
    ("", '<path xmlns="" d="M0 0"/>', "logo_forbidden"),
    ("", '<linearGradient href="https://elders.example/a#b"/>', "logo_external"),
    ("", '<linearGradient xlink:href="//elders.example#b"/>', "logo_external"),
    ("", '<path fill="url(https://elders.example/a)"/>', "logo_external"),
    ("", '<path style="fill:URL( //elders.example)"/>', "logo_external"),
    ("", '<path fill="u\\72l(//elders.example)"/>', "logo_external"),
    ("", "<g>" * DEEPEST + "</g>" * DEEPEST, "logo_too_complex"),
    ("", "<g/>" * MOST_ELEMENTS, "logo_too_complex"),
])  # fmt: skip
def test_a_drawing_that_could_run_or_call_is_refused(attributes: str, inside: str, code: str) -> None:
    with pytest.raises(RuleBroken, match=code):
        sanitised(SVG.format(attributes, inside).encode())


@pytest.mark.parametrize(("content", "code"), [
    (b"", "logo_no_svg"),
    (b"\x89PNG\r\n", "logo_no_svg"),
    (b"<html xmlns='http://www.w3.org/1999/xhtml'/>", "logo_no_svg"),
    (SVG.format("", "").encode("utf-16"), "logo_no_svg"),
    (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "logo_no_size"),
    (b'<!DOCTYPE svg [<!ENTITY a "b">]>' + SVG.format("", "&a;").encode(), "logo_forbidden"),
    (b" " * (MOST_BYTES + 1), "logo_too_large"),
])  # fmt: skip
def test_a_file_that_is_no_small_plain_drawing_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(RuleBroken, match=code):
        sanitised(content)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.MANAGER])
def test_only_a_manager_changes_settings(work: Start, role: Role) -> None:
    somebody = work(role)
    with pytest.raises(NotAllowed):
        settings.save(somebody, details(), 0)
    with pytest.raises(NotAllowed):
        settings.save_logo(somebody, None, 0)


def test_of_two_managers_who_save_at_the_same_moment_one_is_told(database: Engine, work: Start) -> None:
    manager = work("manager")
    settings.save(manager, details(hospital="Oudeterp"), 0)
    manager.session.close()
    together, told = Barrier(2), []

    def save(name: str) -> None:
        together.wait()
        with begin(database, manager.actor, manager.now) as own:
            try:
                settings.save(own, details(hospital=name), 1)
            except Stale as stale:
                told.append(str(stale))

    threads = [Thread(target=save, args=(name,)) for name in ("Nieuwterp", "Middelterp")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == ["Test manager"]


def test_a_save_that_another_managers_save_overtook_at_the_last_moment_is_refused(
    work: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = work("manager")
    settings.save(manager, details(phone="0513 200000"), 0)
    row = settings.current(manager.session)
    version = row.version

    def meanwhile(_details: object) -> None:
        other = update(ClinicSettings).values(version=version + 1).execution_options(synchronize_session=False)
        manager.session.execute(other)

    monkeypatch.setattr(settings, "check_window", meanwhile)
    with pytest.raises(Stale):
        settings.save(manager, details(phone="0513 999999"), version)
    manager.session.refresh(row)
    assert row.phone == "0513 200000"


def test_a_logo_is_kept_once_and_one_that_no_letter_can_show_is_refused(work: Start) -> None:
    manager = work("manager")
    shown = SVG.format("", '<rect width="9" height="9"/>').encode()
    for _press in range(2):
        letter_logo.keep_logo(manager, shown)
    assert manager.session.scalars(select(Logo.svg)).all() == [shown]
    with pytest.raises(RuleBroken, match="logo_not_on_page"):
        letter_logo.keep_logo(manager, b"<svg")

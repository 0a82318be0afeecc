"""When everybody sees that no doctor looked at an alarm symptom."""

from datetime import datetime, timedelta

import pytest

from clinic.domain.alarms import unseen_too_long

NOW = datetime(2026, 11, 23, 9, 0)  # noqa: DTZ001 - the store keeps UTC without a zone


@pytest.mark.parametrize(
    ("minutes", "seen", "told"), [(59, False, False), (60, False, True), (61, False, True), (61, True, False)]
)
def test_after_an_hour_without_a_doctor_everybody_sees_it(minutes, seen, told):
    assert unseen_too_long(NOW - timedelta(minutes=minutes), seen, NOW) is told

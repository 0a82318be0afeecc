"""The roles in Dutch and English, and what one has to know to receive a patient."""

from __future__ import annotations

from typing import Any

ROLES: dict[str, tuple[str, str]] = {
    "nurse": ("verpleegkundige", "nurse"),
    "doctor": ("arts", "doctor"),
    "secretary": ("secretaresse", "secretary"),
    "manager": ("beheerder", "manager"),
    "privacy_officer": ("functionaris gegevensbescherming", "privacy officer"),
}


def role_label(role: str | None, lang: str) -> str:
    """What a role is called; nothing for nobody."""
    return ROLES[role][0 if lang == "nl" else 1] if role else ""


def to_receive(person: Any, lang: str) -> list[str]:
    """What one has to know to receive her: an interpreter, a wheelchair, her hearing."""
    dutch = lang == "nl"
    told = (
        f"{'tolk' if dutch else 'interpreter'}: {person.needs_interpreter}" if person.needs_interpreter else "",
        ("rolstoel" if dutch else "wheelchair") if person.needs_wheelchair else "",
        ("slechthorend" if dutch else "hard of hearing") if person.hard_of_hearing else "",
    )
    return [text for text in told if text]

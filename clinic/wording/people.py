"""The roles in Dutch and English, by their code."""

from __future__ import annotations

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

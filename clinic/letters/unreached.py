"""The letter to a patient whom nobody could reach by telephone, in Dutch as every letter."""

from __future__ import annotations


def paragraphs(female: bool, number: str, phone: str, hours: str) -> list[str]:
    """Its paragraphs; it does not say what the appointment is for, which may be a DXA or an injection."""
    when = f" ({hours})" if hours else ""
    return [
        f"Geachte {'mevrouw' if female else 'heer'},",
        "Wij hebben u vanaf de polikliniek osteoporose enkele keren gebeld voor een afspraak, maar konden u niet "
        "bereiken.",
        f"Wilt u ons bellen om een afspraak te maken? Ons telefoonnummer is {phone}{when}. "
        f"Noem daarbij uw patiëntnummer: {number}.",
        "Met vriendelijke groet,",
    ]

"""The letter to a patient whom nobody could reach by telephone, in Dutch as every letter."""

from __future__ import annotations


def paragraphs(female: bool, number: str, phone: str, hours: str) -> list[str]:
    """Its paragraphs; what is not known is left out."""
    when = f" ({hours})" if hours else ""
    return [
        f"Geachte {'mevrouw' if female else 'heer'},",
        "Wij hebben u enkele keren gebeld om een afspraak te maken voor uw controle op de polikliniek osteoporose, "
        "maar konden u niet bereiken.",
        f"Wilt u ons bellen om een afspraak te maken? Ons telefoonnummer is {phone}{when}. "
        f"Noem daarbij uw patiëntnummer: {number}.",
        "Met vriendelijke groet,",
    ]

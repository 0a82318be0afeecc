"""Dutch names made findable: sort keys and search keys without case, diacritics or prefixes in the way."""

from __future__ import annotations

import re
import unicodedata

from clinic.store.patients import Patient

# letters that Unicode does not take apart into a base and a mark
PLAIN = str.maketrans({"ł": "l", "ø": "o", "ı": "i", "ß": "ss", "đ": "d", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th"})


def normalised(text: str) -> str:
    """Lower case, without diacritics; anything that is no letter or digit becomes one space, apostrophes vanish."""
    text = unicodedata.normalize("NFKD", text.replace("İ", "I").lower().translate(PLAIN))
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", " ", re.sub(r"['’`]", "", text)).strip()


def surnames(patient: Patient) -> list[tuple[str | None, str]]:
    """The surname as used: prefix and name of each part, in the patient's order of use."""
    own = (patient.own_prefix, patient.own_name)
    if patient.partner_name is None:
        return [own]
    partner = (patient.partner_prefix, patient.partner_name)
    orders = {"own": [own], "partner": [partner], "partner_own": [partner, own], "own_partner": [own, partner]}
    return orders[patient.name_order]


def sort_key(patient: Patient) -> str:
    """Where she stands in a list: "A. de Vries-Jansen" under V."""
    parts = surnames(patient)
    names = " ".join(name for _prefix, name in parts)
    prefixes = " ".join(prefix for prefix, _name in parts if prefix)
    return normalised(f"{names} {patient.initials or ''} {prefixes}")


def keys(patient: Patient) -> set[str]:
    """Every form somebody may type: own and partner's name, each with and without prefix, and the whole as used."""
    forms = [(patient.own_prefix, patient.own_name)]
    if patient.partner_name is not None:
        forms.append((patient.partner_prefix, patient.partner_name))
    whole = " ".join(f"{prefix or ''} {name}" for prefix, name in surnames(patient))
    bare = " ".join(name for _prefix, name in surnames(patient))
    found = {normalised(text) for prefix, name in forms for text in (name, f"{prefix or ''} {name}")}
    return {key for key in found | {normalised(whole), normalised(bare)} if key}

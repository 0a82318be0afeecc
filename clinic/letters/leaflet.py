"""What the clinic's leaflet says about a medicine, by drug: how it is taken, calcium, and when to ring."""

from __future__ import annotations

from collections.abc import Iterator

from clinic.domain.protocol import ORAL
from clinic.domain.vocabulary import Drug

INFUSED = (Drug.IBANDRONIC_ACID_IV, Drug.ZOLEDRONIC_ACID)
BISPHOSPHONATES = (*ORAL, *INFUSED)
WAIT = {Drug.IBANDRONIC_ACID_ORAL: "een uur"}  # ui/wording.md: 60 minutes; half an hour for the others
NEVER = "Stop nooit met uw medicijn zonder overleg met uw arts of verpleegkundig specialist."
ON_TIME = "Laat geen injectie uitvallen. Kan een injectie niet doorgaan? Bel ons dan meteen."


def taking(drug: Drug, schedule: str) -> Iterator[str]:
    """How this medicine is taken."""
    if drug in ORAL:
        wait = WAIT.get(drug, "een half uur")
        yield "Neem de tablet in op een lege maag, met een glas water."
        yield f"Eet en drink daarna {wait} niets."
        yield f"Blijf daarna {wait} rechtop zitten. Zo voorkomt u irritatie van uw slokdarm."
        yield from fixed_day(schedule)
    elif drug in INFUSED:
        yield "U krijgt dit medicijn via een infuus."
    else:
        yield "U krijgt dit medicijn als injectie onder de huid."
        if drug == Drug.DENOSUMAB:  # protocol S6: the next one is never simply left off
            yield ON_TIME


def fixed_day(schedule: str) -> Iterator[str]:
    """A fixed day, for what is not taken every day."""
    if "week" in schedule:
        yield "Neem hem elke week op dezelfde dag in."
    elif "maand" in schedule:
        yield "Neem hem elke maand op dezelfde dag in."


def calcium(drug: Drug) -> Iterator[str]:
    """Calcium and vitamin D beside it, when they were prescribed."""
    yield "Heeft uw arts calcium of vitamine D voorgeschreven? Neem dat dan elke dag in, het liefst in de avond."
    if drug in ORAL:
        yield "Neem calcium nooit tegelijk met uw tablet in."


def alarms(drug: Drug) -> Iterator[str]:
    """The complaints for which she rings the clinic."""
    if drug in ORAL:
        yield "pijn achter uw borstbeen of moeite met slikken"
    if drug not in ORAL:
        yield "kramp of tintelingen in uw handen, voeten of rond uw mond"
    if drug in (*BISPHOSPHONATES, Drug.DENOSUMAB, Drug.ROMOSOZUMAB):
        yield "pijn in uw bovenbeen, heup of lies"
        yield "pijn of wondjes in uw mond of kaak"
    yield "een nieuwe botbreuk, of plotselinge pijn in uw rug"

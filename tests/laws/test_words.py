"""Both languages are complete."""

from __future__ import annotations

from tests.laws import catalogues


def test_every_sentence_has_its_dutch() -> None:
    assert len(list(catalogues.extracted())) > 20
    assert catalogues.complaints() == []

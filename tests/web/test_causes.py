"""Why something did not leave, as each reader reads it; what somebody said stays in his own words."""

from __future__ import annotations

import pytest
from flask import session

from clinic.letters.cause import kept
from clinic.web.causes import CAUSES, why

OUTBOX = kept("outbox_unwritable", error="No space left on device")


@pytest.mark.parametrize(
    ("text", "dutch", "english"),
    [
        (OUTBOX, "De map met uitgaande post is niet te beschrijven (No space left on device).",
         "The folder for outgoing mail cannot be written (No space left on device)."),
        (kept("left_already", why=OUTBOX), "De brief is al weg; alleen het vastleggen volgt nog. De map met uitgaande "
         "post is niet te beschrijven (No space left on device).", "The letter has left; only writing that down is "
         "still to follow. The folder for outgoing mail cannot be written (No space left on device)."),
        (kept("left_already", why="Deels."), "De brief is al weg; alleen het vastleggen volgt nog. Deels.",
         "The letter has left; only writing that down is still to follow. Deels."),
        *((words, words, words) for words in (
            "Mailbox no longer exists.", "De map met uitgaande post is niet te beschrijven (Permission denied).", "",
            '{"cause": "outbox_unwritable"}', '{"cause": "nothing_known"}', '{"cause": 5}', '["cause"]', "12", "100 %",
        )),
        (None, "", ""),
    ],
)  # fmt: skip
def test_a_cause_is_said_in_the_readers_language_and_words_stay_words(app, text, dutch, english):
    for language, says in (("nl", dutch), ("en", english)):
        with app.test_request_context():
            session["language"] = language
            assert why(text) == says


def test_every_cause_is_a_sentence_in_both_languages(app):
    said = {}
    for language in ("nl", "en"):
        with app.test_request_context():
            session["language"] = language
            said[language] = {code: words() for code, words in CAUSES.items()}
    assert [code for code in CAUSES if said["nl"][code] == said["en"][code]] == []

"""A page read back: its words, and those that lie in the window of the envelope."""

from __future__ import annotations

from io import BytesIO

from pypdf import PdfReader

MM = 72 / 25.4


def words_of(page):
    """All words of a PDF on one line."""
    return " ".join(" ".join(one.extract_text() for one in PdfReader(BytesIO(page)).pages).split())


def in_window(page, window, edge=11):
    """The words whose place lies in the window of the envelope, or less than the edge (mm) beside or above it."""
    x, y, width, height = window
    found = []

    def place(text, matrix, line, _font, _size):
        across = (line[4] * matrix[0] + line[5] * matrix[2] + matrix[4]) / MM
        down = 297 - (line[4] * matrix[1] + line[5] * matrix[3] + matrix[5]) / MM
        if text.strip() and x - edge <= across <= x + width + edge and y - edge <= down <= y + height:
            found.append(text.strip())

    PdfReader(BytesIO(page)).pages[0].extract_text(visitor_text=place)
    return " ".join(" ".join(found).split())

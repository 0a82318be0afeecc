"""A row of how letters travel to a practice: its AGB code, the channel and the mailbox."""

from __future__ import annotations

from dataclasses import dataclass

from clinic.interop.reader import REFUSED, Reader

CHANNELS = {"post", "secure_mail", "edifact", "none"}
MAILED = {"secure_mail", "edifact"}


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """A practice by its AGB code, with the way its letters go from now on."""

    row: int
    agb: str
    channel: str
    mailbox: str | None = None

    @property
    def key(self) -> str:
        """A practice stands in the file once."""
        return self.agb


def channel(r: Reader) -> ChannelRow | None:
    """How letters travel to one practice; what is mailed needs a mailbox."""
    agb, how = r.needed("agb"), r.needed("channel")
    if not (len(agb) == 8 and agb.isascii() and agb.isdigit()):
        r.complain("agb", REFUSED, "agb_form", typed=agb)
    if how not in CHANNELS:
        r.complain("channel", REFUSED, "channel_unknown", typed=how)
    mailbox = r.text("mailbox")
    if how in MAILED and mailbox is None:
        r.complain("mailbox", REFUSED, "mailbox_missing")
    return ChannelRow(r.number, agb, how, mailbox)

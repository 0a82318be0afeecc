"""The forms of a protocol version: a new draft, and every number of one with its bounds."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import Field, HiddenField, StringField
from wtforms.validators import InputRequired, Length

from clinic.domain.numbers import ALL, Value, Values, Wrong, wrong
from clinic.domain.settings import Setting
from clinic.web import language
from clinic.web.fields import TypedField, read_decimal
from clinic.wording import protocol as words

WHY = (InputRequired(_l("Say why: it stays with the version.")), Length(max=500))


class NumberField(TypedField):
    """A number with comma or point, a T-score with its minus; whole numbers stay whole."""

    def __init__(self, *args: Any, signed: bool = False, **kwargs: Any) -> None:
        keys = "text" if signed else "decimal"  # the number pad of a phone has no minus
        super().__init__(*args, render_kw={"inputmode": keys, "autocomplete": "off", "size": "6"}, **kwargs)

    def read(self, text: str) -> Value:
        """One or two decimals are enough for every setting."""
        below_nought = text.startswith(("-", "−", "–"))
        number = -read_decimal(text[1:].lstrip(), 2) if below_nought else read_decimal(text, 2)
        return int(number) if number == int(number) else number

    def show(self, value: Value) -> str:
        """As the reader's language writes it."""
        return words.number(value, language.current())


class NewVersionForm(FlaskForm):
    """A copy of the version in force, or of a file."""

    form_token = HiddenField()
    name = StringField(_l("Name of the version"), validators=[Length(max=40)])
    reason = StringField(_l("Why"), validators=[*WHY])
    file = FileField(_l("Numbers from a file (TOML), if there is one"))

    def prepare(self) -> None:
        """One token for each form that was opened."""
        self.form_token.data = self.form_token.data or secrets.token_urlsafe(16)


class Numbers(FlaskForm):
    """What every form of numbers has; `NumbersForm` adds a field for each setting."""

    version = HiddenField()
    reason = StringField(_l("Why"), validators=[*WHY])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for setting in ALL.values():
            self.of(setting).label.text = words.title(setting, language.current())

    def of(self, setting: Setting) -> Field:
        """The field of a setting."""
        return self._fields[field_name(setting.name)]

    def load(self, numbers: Values) -> None:
        """Show what stands."""
        for setting in ALL.values():
            self.of(setting).data = numbers[setting.name]

    def numbers(self) -> dict[str, Value]:
        """What was typed."""
        return {setting.name: self.of(setting).data for setting in ALL.values()}

    def out_of_bounds(self) -> list[Wrong]:
        """The numbers that were read and may not be; of those that cannot be read their fields say so."""
        read = [one for one in ALL.values() if not self.of(one).errors]
        return [found for one in read if (found := wrong(one, self.of(one).data))]

    def tell(self, found: Iterable[Wrong]) -> None:
        """Put each wrong number's sentence at its field."""
        for one in found:
            field = self.of(ALL[one.key])
            field.errors = [*field.errors, words.capital(words.wrong(one, language.current())) + "."]


def field_name(key: str) -> str:
    """A key as the name of a field."""
    return key.replace(".", "-")


NumbersForm: Any = type(
    "NumbersForm", (Numbers,), {field_name(key): NumberField(signed=one.low < 0) for key, one in ALL.items()}
)


def bounds(setting: Setting, lang: str) -> str:
    """From and to, as the reader's language writes them."""
    low, high = words.number(setting.low, lang), words.number(setting.high, lang)
    return f"{low} – {high}" if setting.low < 0 else f"{low}–{high}"

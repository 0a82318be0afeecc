"""WTForms as this app uses it: attributes written in one piece, own sentences read once, a field made once."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from babel.support import NullTranslations, Translations
from flask_wtf import FlaskForm
from markupsafe import Markup, escape
from wtforms.fields.core import Field, Label, UnboundField
from wtforms.form import BaseForm
from wtforms.i18n import messages_path
from wtforms.meta import DefaultMeta
from wtforms.widgets import core

from clinic.web import language


def attributes(**given: object) -> Markup:
    """What `wtforms.widgets.html_params` gives, to the letter; it formats each attribute as a text of its own."""
    written = []
    for key, value in sorted(given.items()):
        if value is True:
            written.append(attribute_name(key))
        elif value is not False:
            quoted = str(escape(value)).replace('"', "&quot;")  # a Markup may hold a quotation mark
            written.append(f'{attribute_name(key)}="{quoted}"')
    return Markup(" ".join(written))  # noqa: S704 - names and values went through escape


@lru_cache(maxsize=1024)
def attribute_name(key: str) -> str:
    """A keyword as an attribute: class_ is class, data_key is data-key."""
    return str(escape(core.clean_key(key)))


@lru_cache
def own_sentences(lang: str) -> NullTranslations:
    """What WTForms says by itself, "Field cannot be longer than …"; read from its file once."""
    return Translations.load(messages_path(), [lang], domain="wtforms")


def sentences_of(_meta: DefaultMeta, _form: object) -> NullTranslations:
    """Those of the page's language."""
    return own_sentences(language.current())


MADE: WeakKeyDictionary[UnboundField[Any], dict[tuple[Any, ...], Field]] = WeakKeyDictionary()


def bound(meta: DefaultMeta, form: BaseForm, unbound: UnboundField[Any], options: dict[str, Any]) -> Field:
    """A field of a form: one like that which was made for the first such form, and as empty.

    The form of a control has eighty fields; to make each anew, and look over its validators, costs as much as the
    rules take for her due items. A page may change its words and choices; these are its own.
    """
    known, key = MADE.setdefault(unbound, {}), tuple(options.values())
    if key not in known:
        known[key] = unbound.bind(form=form, **options)
        known[key].meta = known[key]._form = None  # nothing of the first form is held on to
    made = known[key]
    field: Field = object.__new__(type(made))  # the class itself gives an unbound one to whoever names no form
    vars(field).update(vars(made))
    field.meta, field._form = meta, form
    field.label = Label(made.label.field_id, made.label.text)
    return field


def register() -> None:
    """Let every form be written this way; the widgets of WTForms have no other door than these names."""
    core.html_params = attributes
    core.Input.html_params = staticmethod(attributes)
    FlaskForm.Meta.get_translations = sentences_of
    FlaskForm.Meta.bind_field = bound
    FlaskForm.Meta.csrf = False  # the app holds every post against its token before a form sees it (CSRFProtect)

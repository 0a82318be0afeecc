"""A form is written as WTForms writes it, and says its own sentences in the language of the page."""

import pytest
from flask import session
from flask_wtf import FlaskForm
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup
from wtforms import SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length
from wtforms.widgets import html_params

from clinic.web.form_markup import attributes

VALUES = st.none() | st.booleans() | st.integers() | st.text() | st.text().map(Markup)


@given(st.dictionaries(st.sampled_from(("class_", "for", "data_key", "aria_label", "x<y", "id")), VALUES))
def test_attributes_are_those_of_wtforms_to_the_letter(given):
    assert attributes(**given) == html_params(**given)


class Page(FlaskForm):
    name = StringField("Naam", validators=[Length(max=3)])
    text = TextAreaField("Tekst")
    choice = SelectField("Keuze", choices=[SelectChoice("a&b", "<A>")])


@pytest.mark.parametrize(
    ("lang", "said"), [("nl", "Veld mag niet langer zijn dan 3 karakters."), ("en", "Field cannot be longer than")]
)
def test_a_field_is_whole_and_its_own_sentence_in_the_language_of_the_page(app, lang, said):
    with app.test_request_context("/", method="POST", data={"name": 'a"<b>'}):
        session["language"] = lang
        page = Page()
        assert not page.validate()
        assert page.name.errors[0].startswith(said)
        assert page.name(class_="wide") == (
            '<input class="wide" id="name" maxlength="3" name="name" type="text" value="a&#34;&lt;b&gt;">'
        )
        assert page.text() == '<textarea id="text" name="text">\r\n</textarea>'
        assert page.choice() == '<select id="choice" name="choice"><option value="a&amp;b">&lt;A&gt;</option></select>'


def test_what_is_made_once_is_nobodys_but_each_forms_own(app):
    with app.test_request_context("/", method="POST", data={"name": "abcd", "choice": "x"}):
        first = Page()
        assert not first.validate()
        first.name.label.text, first.choice.choices = "Anders", []
    with app.test_request_context("/"):
        second = Page()
        assert second.name.data is None
        assert (second.name.errors, second.name.label.text, second.name.flags.maxlength) == ((), "Naam", 3)
        assert [choice[0] for choice in second.choice.iter_choices()] == ["a&b"]
        assert (second.name._form, second.name.meta) == (second, second.meta)
        assert isinstance(second.name, StringField)

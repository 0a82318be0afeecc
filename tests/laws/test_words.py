"""Both languages are complete: sentences, broken rules, and the words for codes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from enum import StrEnum
from string import Formatter

from clinic.domain import restricted, vocabulary
from clinic.domain.vocabulary import AlertCode, Symptom
from clinic.security.audit import Action
from clinic.security.permissions import Role
from clinic.web import blueprints, messages
from clinic.wording import complaints, labels, log, people, why
from tests.laws import catalogues
from tests.laws.house import ROOT, program_files

BUTTON = re.compile(r'<button\b.*?</button>|<a class="btn\b.*?</a>', re.DOTALL)
WORDS_ON_IT = re.compile(r'\b(?:ngettext|_)\("([^"]+)"')
IMPERATIVES = frozenset(
    ("Begin", "Behoud", "Bekijk", "Bel", "Bied", "Corrigeer", "Ga", "Keur", "Kopieer", "Laat", "Leg", "Maak", "Neem",
     "Open", "Print", "Splits", "Toets", "Toon", "Vergelijk", "Verzend", "Voeg", "Zet", "Zoek")
)  # fmt: skip


def broken_rules() -> Iterator[tuple[str, str]]:
    """Where a rule is broken, and the code of its sentence."""
    for path in program_files():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "RuleBroken":
                code = node.args[1] if len(node.args) > 1 else None
                if isinstance(code, ast.Constant):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", str(code.value)


def test_every_sentence_has_its_dutch() -> None:
    assert len(list(catalogues.extracted())) > 20
    assert catalogues.complaints() == []


def test_no_dutch_sentence_calls_a_patient_she_for_some_are_men() -> None:
    """In English she stands for both; of a nurse it may be said, and in Dutch of a version or a round."""
    about_her = [
        (message.id, message.string)
        for catalogue in catalogues.catalogues().values()
        for message in catalogue
        if isinstance(message.id, str) and re.search(r"\bshe\b", message.id) and "nurse" not in message.id
    ]
    assert len(about_her) > 5
    assert [dutch for _english, dutch in about_her if re.search(r"\bzij\b", dutch, re.IGNORECASE)] == []


def dutch_of_buttons() -> Iterator[str]:
    """What stands on the buttons of the pages, as Dutch."""
    said = {}
    for catalogue in catalogues.catalogues().values():
        for message in catalogue:
            first, string = (message.id, message.string) if isinstance(message.id, str) else (
                message.id[0], message.string[0])  # fmt: skip
            said[first] = string
    for path in sorted((ROOT / "templates").rglob("*.html")):
        for button in BUTTON.findall(path.read_text(encoding="utf-8")):
            yield from (said[english] for english in WORDS_ON_IT.findall(button))


def test_a_button_says_in_the_infinitive_what_it_does() -> None:
    found = list(dutch_of_buttons())
    assert len(found) > 50
    assert [text for text in found if text.split()[0] in IMPERATIVES] == []


def test_every_broken_rule_has_its_sentence() -> None:
    assert blueprints.register  # the jobs add their sentences when they are imported
    broken = list(broken_rules())
    assert broken
    assert [f"{place}: {code}" for place, code in broken if code not in messages.SENTENCES] == []


def closed_lists() -> list[type[StrEnum]]:
    """Every list of the clinic's dictionary."""
    return [
        found for words in (vocabulary, restricted) for found in vars(words).values()
        if isinstance(found, type) and issubclass(found, StrEnum) and found is not StrEnum
    ]  # fmt: skip


def test_every_member_of_a_closed_list_is_called_something_in_both_languages() -> None:
    members = [member for found in closed_lists() for member in found]
    assert len(members) > 50
    nameless = [f"{type(member).__name__}.{member.name}" for member in members if not all(words_for(member))]
    assert nameless == []


def words_for(member: StrEnum) -> tuple[str, str]:
    """Dutch and English of a member; empty when there are none. A symptom's alert is called as the symptom."""
    kind = Symptom if isinstance(member, AlertCode) and member.value in set(Symptom) else type(member)
    return labels.BY_KIND.get((kind, member.value), ("", ""))


def test_every_line_of_the_log_and_every_role_reads_in_both_languages() -> None:
    assert {action.value for action in Action} == set(log.ACTIONS)
    assert {role.value for role in Role} == set(people.ROLES)
    tables = (log.ACTIONS, log.SUBJECTS, log.CHANGED, log.VALUES, people.ROLES)
    assert [code for table in tables for code, pair in table.items() if not all(pair)] == []


def reasons() -> Iterator[tuple[str, str]]:
    """Where the rules give a reason, and its code."""
    for path in sorted((ROOT / "clinic" / "domain").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Why":
                code = node.args[0] if node.args else None
                if isinstance(code, ast.Constant):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", str(code.value)


def test_every_reason_is_a_sentence_in_both_languages_with_the_same_facts() -> None:
    given = list(reasons())
    assert len(given) > 10
    assert [f"{place}: {code}" for place, code in given if code not in why.SENTENCES] == []
    pairs = {**why.SENTENCES, **complaints.SAY}
    assert [code for code, pair in pairs.items() if not all(pair)] == []
    assert [code for code, (dutch, english) in pairs.items() if facts_in(dutch) != facts_in(english)] == []


def facts_in(sentence: str) -> set[str]:
    """The facts that a sentence has room for."""
    return {name for _text, name, _form, _kind in Formatter().parse(sentence) if name}

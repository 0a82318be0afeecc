"""Direction, the clock, the environment and the docstrings."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.laws.house import ROOT, program_files

# the edges where time comes in: what a request, a command or a demo calls today
CLOCK_EDGES = {"clinic/web/units.py", "clinic/cli.py", "clinic/serve.py"}
CLOCK = {"today", "now", "utcnow", "fromtimestamp", "utcfromtimestamp", "time", "localtime", "gmtime"}
CLOCK_OWNERS = {"date", "datetime", "time"}
ENVIRONMENT_EDGE = "config.py"


def name_of(path: Path) -> str:
    """A file's path in the project."""
    return path.relative_to(ROOT).as_posix()


def dotted(node: ast.expr) -> str:
    """`datetime.datetime.now` of an expression; empty when it is no plain name."""
    if isinstance(node, ast.Attribute):
        owner = dotted(node.value)
        return f"{owner}.{node.attr}" if owner else ""
    return node.id if isinstance(node, ast.Name) else ""


def tree(path: Path) -> ast.Module:
    """A file, read as a program."""
    return ast.parse(path.read_text(encoding="utf-8"))


def clock_calls(module: ast.Module) -> Iterator[str]:
    """Where a program asks what time it is."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call):
            owner, _dot, asked = dotted(node.func).rpartition(".")
            if asked in CLOCK and owner.rpartition(".")[2] in CLOCK_OWNERS:
                yield f"line {node.lineno} calls {owner}.{asked}"


def environment_uses(path: Path) -> Iterator[str]:
    """Where a file looks into the environment."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Attribute) and dotted(node) in {"os.environ", "os.getenv", "os.environb"}:
            yield f"{name_of(path)}:{node.lineno} uses {dotted(node)}"
        if isinstance(node, ast.ImportFrom) and node.module == "os":
            yield from (
                f"{name_of(path)}:{node.lineno} imports {alias.name}"
                for alias in node.names
                if alias.name in {"environ", "getenv", "environb"}
            )


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, also inside functions."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)} imports by a relative path"
            yield node.module or ""


def test_every_arrow_between_layers_points_right() -> None:
    """In a process of its own: it sets up logging anew, which would silence every logger that tests listen to."""
    linter = Path(sys.executable).with_name("lint-imports")
    told = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout


def test_every_module_of_the_clinic_stands_in_a_layer() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = " ".join(project["tool"]["importlinter"]["contracts"][0]["layers"])
    known = set(re.findall(r"clinic(?:\.\w+)+", layers))
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in program_files()
        if path.name != "config.py"
    ]
    homeless = [
        module
        for module in modules
        if module not in {"clinic", "clinic.security", "clinic.translations"}
        and not any(module == layer or module.startswith(f"{layer}.") for layer in known)
    ]
    assert len(modules) > 10
    assert homeless == []


def test_the_rules_import_the_standard_library_alone() -> None:
    files = sorted((ROOT / "clinic" / "domain").rglob("*.py"))
    foreign = [
        f"{name_of(path)} imports {module}"
        for path in files
        for module in imports(path)
        if module.partition(".")[0] not in sys.stdlib_module_names and not module.startswith("clinic.domain")
    ]
    assert len(files) > 2
    assert foreign == []


def test_only_the_edges_ask_what_day_it_is() -> None:
    asked = {name_of(path): list(clock_calls(tree(path))) for path in program_files()}
    assert any(asked.values()), "nobody asks the time: this law looks wrong"
    assert {name: calls for name, calls in asked.items() if calls and name not in CLOCK_EDGES} == {}


def test_only_the_settings_read_the_environment() -> None:
    used = {name_of(path): list(environment_uses(path)) for path in program_files()}
    assert used.pop(ENVIRONMENT_EDGE)
    assert [use for uses in used.values() for use in uses] == []


def test_every_module_says_in_one_sentence_what_it_is() -> None:
    wordless = []
    files = [*program_files(), *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "migrations").rglob("*.py"))]
    for path in files:
        words = ast.get_docstring(tree(path)) or ""
        first = words.split("\n\n")[0]
        if not first.endswith((".", "?")) or re.search(r"\.\s+[A-Z]", first):
            wordless.append(f"{name_of(path)}: {first!r}")
    assert len(files) > 20
    assert wordless == []


def test_nothing_names_this_machine() -> None:
    """Paths of somebody's machine and addresses of registries stay out of the project."""
    telling = re.compile(r"(?<![A-Za-z0-9.])/(?:work|root|home)/\w+|--(?:extra-)?index-url|find-links")
    # this file has to name what it looks for
    texts = [path for path in text_files() if path != Path(__file__)]
    found = [
        f"{name_of(path)}: {hit.group()}"
        for path in texts
        for hit in telling.finditer(path.read_text(encoding="utf-8"))
    ]
    assert len(texts) > 20
    assert found == []


def text_files() -> list[Path]:
    """Everything a person wrote here."""
    kinds = {".py", ".html", ".md", ".toml", ".lock", ".js", ".css", ".typ", ".po", ".txt"}
    folders = [ROOT / name for name in ("clinic", "templates", "tests", "docs", "migrations")]
    inside = [path for folder in folders for path in sorted(folder.rglob("*")) if path.suffix in kinds]
    return inside + [path for path in sorted(ROOT.iterdir()) if path.suffix in kinds or path.name == "Makefile"]


@pytest.mark.parametrize(
    ("source", "asks"),
    [
        ("from datetime import date\nx = date.today()", 1),
        ("import datetime\nx = datetime.datetime.now()", 1),
        ("import time\nx = time.time()", 1),
        ("x = work.today", 0),
        ("x = now()", 0),
    ],
)
def test_the_law_of_the_clock_sees_a_clock(source: str, asks: int) -> None:
    assert len(list(clock_calls(ast.parse(source)))) == asks


def test_everything_is_reckoned_by_the_version_in_force() -> None:
    """Who computes a date asks for the version in force; the program's own numbers are for new registers and files."""
    layers = [ROOT / "clinic" / layer for layer in ("services", "letters", "web")]
    found = [
        name_of(path)
        for layer in layers
        for path in layer.rglob("*.py")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom) and node.module == "clinic.domain.protocol"
        if "DEFAULT" in {alias.name for alias in node.names}
    ]
    assert found == []

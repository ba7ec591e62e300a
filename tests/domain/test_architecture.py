"""The house rules that no linter knows: sizes, one commit, catalogues in pairs, names that nobody else owns."""

import ast
import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("api", "dispatch", "notifications", "media", "admin", "mobile_contract", "kit")
SOURCES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
MAX_FILE, MAX_FUNCTION = 250, 50


def test_files_and_functions_stay_small() -> None:
    long_files, long_functions = [], []
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        if text.count("\n") > MAX_FILE:
            long_files.append(f"{path.relative_to(ROOT)}: {text.count(chr(10))} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                size = (node.end_lineno or node.lineno) - node.lineno + 1
                if size > MAX_FUNCTION:
                    long_functions.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {size} lines")
    assert [*long_files, *long_functions] == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        if path.stat().st_size and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []


def test_only_one_place_commits() -> None:
    guilty = [
        str(path.relative_to(ROOT)) for path in SOURCES if re.search(r"\.commit\(", path.read_text(encoding="utf-8"))
    ]
    assert guilty == ["kit/db.py"]


def test_nobody_asks_the_machine_for_the_time() -> None:
    """kit.clock is the only clock; leases follow the machine on purpose, the simulation is a client with its own."""
    allowed = {"kit/clock.py", "kit/jobs.py", "admin/simulation/clock.py"}
    asking = {
        str(path.relative_to(ROOT))
        for path in SOURCES
        if re.search(r"datetime\.now\(|date\.today\(|datetime\.utcnow\(", path.read_text(encoding="utf-8"))
    }
    assert asking <= allowed


@pytest.mark.parametrize("vi", sorted(ROOT.glob("*/**/locales/*vi.ftl")), ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_said_in_vietnamese_is_said_in_english(vi: Path) -> None:
    if ".venv" in vi.parts:
        pytest.skip("not ours")
    en = vi.with_name(vi.name[: -len("vi.ftl")] + "en.ftl")
    keys = re.compile(r"^([A-Za-z][\w-]*) *=", re.MULTILINE)
    assert set(keys.findall(vi.read_text(encoding="utf-8"))) == set(keys.findall(en.read_text(encoding="utf-8")))


def test_our_folder_names_belong_to_no_installed_distribution() -> None:
    owned = importlib.metadata.packages_distributions()
    assert {name: owned[name] for name in (*FOLDERS, "tests") if name in owned} == {}
    assert not (ROOT / "alembic" / "__init__.py").exists(), "it would hide the alembic that is installed"


def test_the_contract_in_the_files_is_the_contract_that_is_served() -> None:
    """In a process of its own: what other tests imported must not leak into the catalogue of refusals."""
    done = subprocess.run(
        [sys.executable, "-m", "mobile_contract.export", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    said = "run: python -m mobile_contract.export, and write it into mobile_contract/CHANGES.md"
    assert done.returncode == 0, f"{said}\n{done.stdout}{done.stderr}"

"""A folder of directory files, read into shapes. Every problem of every file is told at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from admin.imports.plain_yaml import UnreadableYaml, read_yaml
from admin.imports.shapes import AgenciesFile, CalendarsFile, CategoriesFile, FunctionsFile, Shape
from admin.imports.shapes_rules import PoliciesFile, RulesFile

FILES: Mapping[str, type[Shape]] = {
    "calendars": CalendarsFile,
    "agencies": AgenciesFile,
    "functions": FunctionsFile,
    "categories": CategoriesFile,
    "rules": RulesFile,
    "policies": PoliciesFile,
}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that stops the import: where, a message key (`finding-…`), and what it is about."""

    where: str
    problem: str
    ref: str = ""


@dataclass(frozen=True, kw_only=True)
class DirectoryFiles:
    """What the folder says; a file that is not there says nothing, and what it would name stays as it is."""

    calendars: CalendarsFile | None = None
    agencies: AgenciesFile | None = None
    functions: FunctionsFile | None = None
    categories: CategoriesFile | None = None
    rules: RulesFile | None = None
    policies: PoliciesFile | None = None

    @property
    def empty(self) -> bool:
        return not any(getattr(self, name) for name in FILES)


def read_folder(folder: Path) -> tuple[DirectoryFiles, list[Finding], list[str]]:
    """(what the files say, their problems, names of other YAML files that were left alone)."""
    found: dict[str, Any] = {}
    problems: list[Finding] = []
    for name, shape in FILES.items():
        path = folder / f"{name}.yaml"
        if path.exists():
            try:
                found[name] = shape.model_validate(read_yaml(path))
            except UnreadableYaml as error:
                problems.append(Finding(where=path.name, problem="shape", ref=str(error)))
            except ValidationError as error:
                problems += _findings(path.name, error)
    ignored = sorted(p.name for p in folder.glob("*.y*ml") if p.name not in {f"{name}.yaml" for name in FILES})
    return DirectoryFiles(**found), problems, ignored


def schema_of(name: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of one directory file, for /v1/schemas/{name}.json; KeyError for another name."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **FILES[name].model_json_schema()}


def _findings(file: str, error: ValidationError) -> list[Finding]:
    return [
        Finding(where=f"{file}: {'.'.join(map(str, one['loc']))}", problem="shape", ref=one["msg"])
        for one in error.errors(include_url=False, include_input=False)
    ]

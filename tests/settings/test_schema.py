"""settings.yaml and its schema say what the program takes."""

import json
import subprocess
import sys
from typing import Any

import jsonschema
import pytest
import yaml

from mgmtcluster import Settings
from mgmtcluster.settings.schema import json_schema
from tests.rendering import ROOT
from tests.settings.test_bad_settings import BAD

SCHEMA = json.loads((ROOT / "settings.schema.json").read_text())
FILE = (ROOT / "settings.yaml").read_text()

#: Mistakes that a schema cannot tell: those of YAML itself, of text whose form Python checks, and of two fields together.
BY_STRUCTURE = (
    "a list",
    "an unknown key",
    "an unknown key of a database",
    "an unknown key of a service",
    "an unknown amount",
    "a number for a text",
    "a text for a number",
    "a text for a truth",
    "nothing for a mapping",
    "a text for a list",
    "four members",
    "nine members",
    "no replicas",
    "a Secret without its key",
    "an unknown image",
    "an unknown service",
    "an env value that is no text",
)


def test_the_committed_schema_is_the_models() -> None:
    """``make schema`` changes nothing."""
    assert json_schema() == SCHEMA


def test_the_module_prints_the_schema() -> None:
    """What ``make schema`` writes is the file, byte for byte."""
    command = [sys.executable, "-m", "mgmtcluster.settings.schema"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True).stdout
    assert printed == (ROOT / "settings.schema.json").read_text()


def test_the_schema_is_one() -> None:
    """Of the draft that it names."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"].startswith("https://json-schema.org/draft/2020-12/")


def test_the_first_line_of_the_settings_names_the_schema() -> None:
    """So that editors complete and check the file."""
    assert FILE.splitlines()[0] == "# yaml-language-server: $schema=settings.schema.json"


def test_the_committed_settings_are_the_defaults() -> None:
    """Every field stands there, with its default."""
    content = yaml.safe_load(FILE)
    jsonschema.validate(content, SCHEMA)
    assert Settings.load(ROOT / "settings.yaml") == Settings()
    assert content.keys() == Settings.model_fields.keys()
    for part in ("registry_database", "metrics_database", "metrics_redis"):
        assert content[part].keys() == type(getattr(Settings(), part)).model_fields.keys()


def test_every_field_of_the_settings_has_a_comment() -> None:
    """Above it, or above the group of fields it stands in."""
    lines = FILE.splitlines()
    for number, line in enumerate(lines):
        if line and line[0].isalpha():
            above = lines[number - 1]
            assert above.startswith("#") or above[:1].isalpha(), line


@pytest.mark.parametrize("mistake", BY_STRUCTURE)
def test_an_editor_sees_a_mistake_of_structure(mistake: str) -> None:
    """What the program refuses by type, key or range, the schema refuses too."""
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(BAD[mistake][0]), SCHEMA)


@pytest.mark.parametrize(
    "content",
    [
        {"services": {"parser": {"resources": {"limits": {"ephemeral-storage": "1Gi"}}, "env": {"A": "b"}}}},
        {"images": {"parser": "example.test/parser:1"}, "node_address": "nodes.example.test"},
        {
            "registry_database": {"members": 5, "existing_secrets": {"keyfile": "a"}},
            "public_database_secret": {"name": "a", "key": "b"},
        },
    ],
)
def test_an_editor_accepts_what_the_program_accepts(content: dict[str, Any]) -> None:
    """No complaint about a good file."""
    jsonschema.validate(content, SCHEMA)
    assert Settings.of(content)

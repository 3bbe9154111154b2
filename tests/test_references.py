"""The generated references are what the code says, and say all of it."""

import inspect
import re
from collections.abc import Callable

import pytest
from pydantic import BaseModel

import mgmtcluster
from mgmtcluster.settings import Settings, parts
from tests.rendering import ROOT
from tools import constructs_reference, services_reference, settings_reference


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("settings.md", settings_reference.page),
        ("constructs.md", constructs_reference.page),
        ("services.md", services_reference.page),
    ],
    ids=["settings", "constructs", "services"],
)
def test_a_committed_reference_is_a_fresh_one(name: str, page: Callable[[], str]) -> None:
    """Byte for byte what `make docs` writes.

    Takes more than two seconds because the reference of the constructs is read from all of the code.
    """
    assert (ROOT / "docs" / name).read_text() == page()


def test_the_construct_reference_has_the_public_names_alone() -> None:
    """Each of ``__all__`` once, and no other, in alphabetical order."""
    sections = re.findall(r"^## `(.+)`$", (ROOT / "docs" / "constructs.md").read_text(), re.MULTILINE)
    assert sections == sorted(mgmtcluster.__all__, key=str.casefold)


def test_every_argument_of_a_construct_is_in_the_reference() -> None:
    """In the signature, and with what it means where the docstring says so."""
    page = (ROOT / "docs" / "constructs.md").read_text()
    [section] = re.findall(r"^## `ReplicatedDatabase`$(.*?)^## ", page, re.MULTILINE | re.DOTALL)
    for name in list(inspect.signature(mgmtcluster.ReplicatedDatabase).parameters)[2:]:
        assert f"- **{name}** (" in section


def test_every_field_of_every_model_is_in_the_settings_reference() -> None:
    """With its meaning."""
    page = (ROOT / "docs" / "settings.md").read_text()
    models: list[type[BaseModel]] = [
        Settings,
        *(each for each in vars(parts).values() if isinstance(each, type) and issubclass(each, BaseModel)),
    ]
    fields = [(field.alias or name, field.description) for each in models for name, field in each.model_fields.items()]
    assert len(fields) > 40
    for name, meaning in fields:
        assert re.search(rf"^\| `{name}` \| .+ \| {re.escape(str(meaning))} \|$", page, re.MULTILINE), name


def test_every_kind_of_text_is_explained() -> None:
    """A row at the end of the page for each that stands in a table."""
    tables, _, kinds = (ROOT / "docs" / "settings.md").read_text().partition("## Kinds of text")
    explained = set(re.findall(r"^\| ([a-z ]+) \| .+\. \|$", kinds, re.MULTILINE))
    used = {
        cell for row in re.findall(r"^\| `.+?` \| (.+?) \| ", tables, re.MULTILINE) for cell in re.split(r" or |, |: | to ", row)
    }
    words = {"text", "list of", "mapping of", "mapping", "see below"}
    plain = {each for each in used if not each.startswith(("`", "whole number"))}
    assert plain - words == explained

"""An unknown name is answered with a near spelling, or with what there is; never with a name that means something else."""

from pathlib import Path

import pytest

from mgmtcluster import Settings, catalog
from mgmtcluster.kinds.spelling import unknown_name
from mgmtcluster.settings import DatabaseSettings
from tests.rendering import ROOT

SETTINGS = [*Settings.model_fields]
OF_DATABASES = [*DatabaseSettings.model_fields]
SERVICES = [service.name for service in catalog.ALL]


@pytest.mark.parametrize(
    ("name", "known", "meant"),
    [
        ("imagetag", SETTINGS, "image_tag"),
        ("image-tag", SETTINGS, "image_tag"),
        ("imagePullSecrets", SETTINGS, "image_pull_secrets"),
        ("Storage_Class", SETTINGS, "storage_class"),
        ("outside_cidr", SETTINGS, "outside_cidrs"),
        ("member", OF_DATABASES, "members"),
        ("stroage", OF_DATABASES, "storage"),
        ("feature_compatability_version", OF_DATABASES, "feature_compatibility_version"),
        ("pasrer", SERVICES, "parser"),
        ("rot", ["keyfile", "root"], "root"),
    ],
)
def test_a_misspelling_is_answered_with_the_name(name: str, known: list[str], meant: str) -> None:
    """Two letters, the case or a separator may differ."""
    assert unknown_name("a setting", name, known, listed_in="docs") == f"is not a setting; write {meant}"


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("cluster_domain", SETTINGS),
        ("storage_class", [name for name in OF_DATABASES if name != "storage_class"]),
        ("orders-registry-svc", SERVICES),
        ("networks-registry-svc", SERVICES),
        ("cpu", ["env", "user"]),
        ("no", ["env", "user"]),
        ("", SETTINGS),
    ],
)
def test_another_name_is_not_taken_for_a_misspelling(name: str, known: list[str]) -> None:
    """However much of it is the same."""
    assert unknown_name("a setting", name, known, listed_in="docs/x.md") in (
        "is not a setting; write one of those in docs/x.md",
        f"is not a setting; write one of {', '.join(known)}",
    )


def test_few_names_are_listed_and_many_are_looked_up() -> None:
    """Ten fit in a line; more only where no page lists them."""
    ten = [f"number-{index}" for index in range(10)]
    assert unknown_name("a thing", "x", ten, listed_in="docs/x.md").endswith(f"write one of {', '.join(ten)}")
    assert unknown_name("a thing", "x", [*ten, "more"], listed_in="docs/x.md").endswith("write one of those in docs/x.md")
    assert unknown_name("a thing", "x", [*ten, "more"]).endswith("number-9, more")


def test_the_page_that_lists_the_settings_is_there() -> None:
    """With every one of them."""
    page = Path(ROOT / "docs" / "settings.md").read_text()
    assert not [name for name in SETTINGS if f"| `{name}` |" not in page]

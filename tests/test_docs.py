"""What the documents show is what the code says."""

import re
from pathlib import Path

import pytest

from tests.scripts.loss_model import Mode, trace_lines

ROOT = Path(__file__).parent.parent
#: What `make docs` writes: tables and signatures, each a line.
GENERATED = [ROOT / "docs" / f"{name}.md" for name in ("constructs", "map", "services", "settings")]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")])

WRITTEN = [page for page in PAGES if page not in GENERATED]


@pytest.mark.parametrize("mode", ["free", "guard"])
def test_failure_modes_shows_the_shortest_way_to_lose_a_write(mode: Mode) -> None:
    """The trace on the page is the one that the model finds."""
    text = (ROOT / "docs" / "failure-modes.md").read_text()
    assert "```text\n" + "\n".join(trace_lines(mode)) + "\n```" in text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    """A link to a file of the project names one, and its heading is one of that file."""
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if "://" in target:
            continue
        path, _, heading = target.partition("#")
        file = (page.parent / path) if path else page
        if not file.exists() or (heading and heading not in _headings(file)):
            broken.append(target)
    assert not broken


def test_the_index_has_every_page_once() -> None:
    """A line each, and the decisions as one."""
    index = ROOT / "docs" / "README.md"
    listed = re.findall(r"^\| \[[^]]+\]\(([^)]+)\) \| .+ \|$", index.read_text(), re.MULTILINE)
    pages = [page.name for page in index.parent.glob("*.md") if page != index]
    assert sorted(listed) == sorted([*pages, "decisions/README.md"])


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: str(page.relative_to(ROOT)))
def test_prose_is_wrapped_at_120(page: Path) -> None:
    """Outside of tables, code and pictures."""
    prose = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    assert not [line for line in prose.splitlines() if len(line) > 120 and not line.startswith(("|", "[!["))]


def _headings(page: Path) -> set[str]:
    """The anchors of a page's headings, as the common renderers make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}

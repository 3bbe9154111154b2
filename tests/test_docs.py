"""What the documents show is what the code says."""

import re
from pathlib import Path

import pytest

from mgmtcluster import catalog
from tests.scripts.loss_model import Mode, trace_lines

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")])


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


def test_the_open_node_ports_are_those_of_the_services() -> None:
    """The security page says of each what anybody can do there."""
    section = (ROOT / "docs" / "security.md").read_text().partition("\n| port |")[2].partition("\n\n")[0]
    cells = [part for cell in re.findall(r"^\| (3[^|]+) \|", section, re.MULTILINE) for part in cell.split(", ")]
    ranges = [[int(port) for port in re.findall(r"\d+", cell)] for cell in cells]
    listed = [port for each in ranges for port in range(each[0], each[-1] + 1)]
    assert listed == sorted(each.node_port for each in catalog.ENDPOINTS if each.node_port)


def test_readme_counts_the_services() -> None:
    """Of each phase."""
    text = " ".join((ROOT / "README.md").read_text().split())
    registries, utilities, metrics, services = map(
        len, (catalog.REGISTRIES, catalog.UTILITIES, catalog.METRICS, catalog.SERVICES)
    )
    assert (
        f"{registries} registries, {utilities} utility services, {metrics} metrics services with their Redis, {services} core"
        in text
    )


def _headings(page: Path) -> set[str]:
    """The anchors of a page's headings, as the common renderers make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}

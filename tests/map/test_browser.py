"""The page in a browser: its drawing, and pointing, searching, filtering and walking in it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import ActionChains, Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select

from mgmtcluster import Edge
from mgmtcluster.kinds.peers import EVERYBODY
from tests.map.conftest import logged, wait_for
from tests.rendering import Platform

BLOCKS = "registries/blocks-db-svc"
PARSER = "services/parser"


def node(browser: Chrome, id: str) -> WebElement:
    """The card of a workload."""
    return browser.find_element(By.CSS_SELECTOR, f'.node[data-id="{id}"]')


def ids(browser: Chrome, selector: str) -> set[str]:
    """The workloads whose cards match."""
    return {card.get_attribute("data-id") or "" for card in browser.find_elements(By.CSS_SELECTOR, selector)}


def drawn_of(platform: Platform) -> list[Edge]:
    """The edges that are arrows: a node port is written on the card that it leads to."""
    return [edge for edge in platform.edges if edge.client != EVERYBODY]


def clients(edges: list[Edge], id: str) -> set[str]:
    """Who calls this workload."""
    return {str(edge.client) for edge in edges if str(edge.server) == id}


def servers(edges: list[Edge], id: str) -> set[str]:
    """Whom this workload calls."""
    return {str(edge.server) for edge in edges if str(edge.client) == id}


def messages(browser: Chrome) -> Iterator[tuple[str, dict[str, str]]]:
    """The browser's messages since the last call: method and request."""
    for entry in logged(browser, "performance"):
        message = json.loads(entry["message"])["message"]
        yield message["method"], message["params"].get("request", {})


def test_every_node_and_edge_of_the_list_is_drawn(browser: Chrome, platform: Platform) -> None:
    """An arrow for each pair and port; a database's members are joined where they talk to each other."""
    edges = drawn_of(platform)
    peers = {end for edge in edges for end in (edge.client, edge.server)}
    assert ids(browser, ".node") == {*map(str, peers)}
    script = "return [...document.querySelectorAll('.edge')].map(e => [e.dataset.client, e.dataset.server, e.dataset.port])"
    drawn = [tuple(edge) for edge in browser.execute_script(script)]
    listed = {(str(edge.client), str(edge.server), str(edge.port_text)) for edge in edges}
    assert len(drawn) == len(set(drawn))
    workloads = [peer for peer in peers if peer.namespace]
    namespaces = {peer.namespace for peer in workloads}
    counts = f"{len(workloads)} workloads in {len(namespaces)} namespaces, {len(drawn)} connections"
    assert browser.find_element(By.ID, "counts").text == counts
    assert set(drawn) == {edge for edge in listed if edge[0] != edge[1]}
    assert ids(browser, ".node:has(.joined)") == {edge[0] for edge in listed if edge[0] == edge[1]}
    rows = browser.execute_script(
        "return [...document.querySelectorAll('#rows tr')].map(r => [...r.cells].map(c => c.textContent))"
    )
    assert {(row[0], row[1], row[2]) for row in rows} == listed


def test_nothing_is_asked_for_and_nothing_goes_wrong(browser: Chrome) -> None:
    """One file is read; no message of an error or a refused request."""
    urls = [request["url"] for method, request in messages(browser) if method == "Network.requestWillBeSent"]
    assert [url for url in urls if not url.startswith("about:")] == [browser.current_url]
    assert logged(browser, "browser") == []


def test_no_card_covers_another_and_no_text_leaves_its_card(browser: Chrome) -> None:
    """Labels are readable where they stand."""
    script = (Path(__file__).parent / "overlaps.js").read_text()
    assert browser.execute_script(script) == []


@pytest.mark.parametrize("how", ["hover", "focus"])
def test_pointing_at_a_service_shows_who_calls_whom(how: str, browser: Chrome, platform: Platform) -> None:
    """Its callers, those it calls, and the same in words; the others step back."""
    if how == "hover":
        ActionChains(browser).move_to_element(node(browser, BLOCKS)).perform()
    else:
        browser.execute_script("arguments[0].focus()", node(browser, BLOCKS))
    assert ids(browser, ".node.called") == clients(drawn_of(platform), BLOCKS) != set()
    assert ids(browser, ".node.calls") == servers(drawn_of(platform), BLOCKS) != set()
    words = browser.find_element(By.ID, "details").text
    for other in clients(drawn_of(platform), BLOCKS) | servers(drawn_of(platform), BLOCKS):
        assert other.partition("/")[2] in words
    assert "blocks-db-svc.registries.svc:3001, from outside NODE:30100" in words
    assert float(node(browser, "utils/failure-notifier").value_of_css_property("opacity")) < 1


def test_leaving_a_service_brings_everything_back(browser: Chrome) -> None:
    """Nothing stays marked."""
    ActionChains(browser).move_to_element(node(browser, BLOCKS)).perform()
    ActionChains(browser).move_to_element(browser.find_element(By.TAG_NAME, "h1")).perform()
    assert ids(browser, ".node.called, .node.calls, .node.chosen") == set()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("30150", {"utils/search-server"}),
        ("split_runner", {"registries/splits-runners-registry-svc", "registries/registry"}),
        ("adhoc-serviers", {"registries/adhoc-server-registry-svc"}),
        ("Stores vDAGs", {"registries/vdag-db-svc"}),
        ("no such thing", set()),
    ],
)
def test_search_finds_names_ports_databases_and_purposes(words: str, found: set[str], browser: Chrome) -> None:
    """And says how many; Enter goes to the first."""
    browser.find_element(By.ID, "search").send_keys(words)
    assert ids(browser, ".node.found") == found
    assert browser.find_element(By.ID, "counts").text == f"{len(found)} of {len(ids(browser, '.node'))} workloads found"
    browser.find_element(By.ID, "search").send_keys(Keys.ENTER)
    assert (browser.switch_to.active_element.get_attribute("data-id") in found) is bool(found)


def test_the_filter_shows_a_service_and_those_it_talks_to_alone(browser: Chrome, platform: Platform) -> None:
    """In a drawing of their own, under an address that can be kept."""
    Select(browser.find_element(By.ID, "filter")).select_by_value(PARSER)
    wait_for(browser, PARSER)
    assert ids(browser, ".node") == {PARSER} | servers(drawn_of(platform), PARSER) | clients(drawn_of(platform), PARSER)
    assert browser.current_url.endswith(f"#{PARSER}")
    browser.back()
    wait_for(browser, "everything")
    assert {PARSER, BLOCKS, "utils/failure-notifier"} <= ids(browser, ".node")


def test_the_keyboard_alone_is_enough(browser: Chrome) -> None:
    """Slash searches, Enter goes there, an arrow key walks, Enter shows that one's map, Escape goes back."""

    def press(*keys: str) -> None:
        ActionChains(browser).send_keys(*keys).perform()

    press("/", "30500", Keys.ENTER)
    assert browser.switch_to.active_element.get_attribute("data-id") == PARSER
    press(Keys.ARROW_RIGHT)
    assert browser.switch_to.active_element.get_attribute("data-id") == "services/cluster-controller-gateway"
    press(Keys.ENTER)
    wait_for(browser, "services/cluster-controller-gateway")
    assert browser.switch_to.active_element.get_attribute("data-id") == "services/cluster-controller-gateway"
    press(Keys.ESCAPE)
    wait_for(browser, "everything")
    assert browser.find_element(By.ID, "search").get_attribute("value") == ""


def test_tab_reaches_the_map_once(browser: Chrome) -> None:
    """One card is in the tab order; it says in words what is drawn."""
    [first] = browser.find_elements(By.CSS_SELECTOR, '.node[tabindex="0"]')
    for _ in range(6):
        ActionChains(browser).send_keys(Keys.TAB).perform()
        if browser.switch_to.active_element == first:
            break
    assert browser.switch_to.active_element == first
    assert "called by " in str(first.get_attribute("aria-label"))


@pytest.fixture
def laptop(browser: Chrome) -> Iterator[Chrome]:
    """The page, opened anew in a laptop's window."""
    size = {"width": 1366, "height": 768, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.refresh()
    wait_for(browser, "everything")
    yield browser
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def out_of_view(browser: Chrome) -> list[str]:
    """The parts of the drawing outside the window, or under the header or the details."""
    script = """
    const frame = document.querySelector("main").getBoundingClientRect();
    const top = Math.max(0, frame.top, document.querySelector("header").getBoundingClientRect().bottom);
    const bottom = Math.min(frame.bottom, innerHeight, document.querySelector("#details").getBoundingClientRect().top);
    return [...document.querySelectorAll(".room, .node, .edge")].filter(drawn => {
      const box = drawn.getBoundingClientRect();
      return box.top < top || box.bottom > bottom || box.left < 0 || box.right > document.documentElement.clientWidth;
    }).map(drawn => drawn.dataset.room ?? drawn.dataset.id ?? `${drawn.dataset.client} -> ${drawn.dataset.server}`)"""
    hidden: list[str] = browser.execute_script(script)
    return hidden


def test_everything_is_in_view_at_first_and_after_fit(laptop: Chrome) -> None:
    """Larger leaves some of it outside, to scroll to; Fit brings all of it back."""
    assert out_of_view(laptop) == []
    for _ in range(2):
        laptop.find_element(By.ID, "larger").click()
    laptop.execute_script("scrollTo(0, 1000); document.querySelector('main').scrollTo(1000, 1000)")
    assert out_of_view(laptop) != []
    laptop.execute_script("document.querySelector('#fit').click()")  # a real click would scroll there first
    assert out_of_view(laptop) == []


def test_the_details_of_a_service_cover_nothing(laptop: Chrome) -> None:
    """However many call it."""
    laptop.execute_script("arguments[0].focus()", node(laptop, "registries/registry"))
    assert "splits-runners-registry-svc" in laptop.find_element(By.ID, "details").text
    assert out_of_view(laptop) == []


def test_the_map_of_one_service_is_in_view(laptop: Chrome) -> None:
    """Also when it is drawn after a larger one."""
    Select(laptop.find_element(By.ID, "filter")).select_by_value("registries/registry")
    wait_for(laptop, "registries/registry")
    assert out_of_view(laptop) == []


def colours(browser: Chrome) -> tuple[float, float]:
    """How light the paper and the ink are."""
    values = browser.execute_script("const s = getComputedStyle(document.body); return [s.backgroundColor, s.color]")
    paper, ink = (sum(int(part) for part in value[4:-1].split(",")) / 765 for value in values)
    return paper, ink


def test_light_and_dark_follow_the_reader(browser: Chrome) -> None:
    """Dark ink on light paper, or the other way round."""
    for scheme in ("light", "dark"):
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
        paper, ink = colours(browser)
        assert (paper > 0.9 and ink < 0.2) if scheme == "light" else (paper < 0.2 and ink > 0.8)


def test_paper_has_the_map_and_the_list_in_light_colours(browser: Chrome) -> None:
    """Nothing to press is printed, whatever the screen looks like."""
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": dark})
    paper, ink = colours(browser)
    assert paper == 1
    assert ink < 0.2
    shown = "return [...document.querySelectorAll('input, select, button, #details')].filter(e => e.checkVisibility()).length"
    assert browser.execute_script(shown) == 0
    browser.execute_script("dispatchEvent(new Event('beforeprint'))")
    assert browser.execute_script("return document.querySelector('#rows').checkVisibility()")
    ends = "return ['svg', '#list'].map(part => document.querySelector(part).getBoundingClientRect())"
    drawing, listed = browser.execute_script(ends)
    assert listed["top"] >= drawing["bottom"] > 0
    assert browser.execute_script("return document.querySelectorAll('.node .name').length") > 20

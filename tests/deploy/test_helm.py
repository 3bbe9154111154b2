"""What a Helm chart declares is known to the rules and to policies, as what is declared in Python is."""

from collections.abc import Callable
from pathlib import Path

import pytest
from cdk8s import Chart, Helm, Include

from mgmtcluster import Endpoint, Peer, WebService
from mgmtcluster.testing import Manifests, may_connect
from tests.deploy.go_programs import HERE, built
from tests.rendering import render_chart

CHART = HERE / "helm" / "search"
#: What ``helm template --namespace shop found search`` prints.
PRINTED = HERE / "helm" / "search.yaml"
#: Its Service, by the name that the release gives it.
SEARCH = Endpoint("found-search", "shop", 80)


def printed(chart: Chart) -> None:
    """The chart as a file, which ``helm template`` wrote."""
    Include(chart, "search", url=str(PRINTED))


def objects_beside(declare: Callable[[Chart], object], search: Endpoint = SEARCH) -> Manifests:
    """The objects of a chart, and of a service that calls what it declares, checked by the rules."""

    def define(chart: Chart) -> None:
        declare(chart)
        web = Endpoint("web", "shop", 80)
        WebService(chart, "web", image="example.test/web:1", endpoint=web, env={"SEARCH_URL": search.url})

    return render_chart(define)


def test_a_printed_chart_is_known() -> None:
    """Its Service's address, its selector, the number of the port that it names, and its namespace."""
    objects = objects_beside(printed)
    assert objects.one("Service", "shop", "found-search")
    pods = Peer("shop", labels={"app": "search", "release": "found"})
    assert may_connect(objects, Peer("shop", "web"), pods, 7700)
    assert not may_connect(objects, Peer("shop", "web"), pods, 80)


@pytest.mark.parametrize(
    ("search", "problem"),
    [
        (Endpoint("found-search", "shop", 7700), "the Service has no such port; write one of \\[80\\]"),
        (Endpoint("found-searches", "shop", 80), "found-searches.shop.svc.* is no Service that is declared"),
        (Endpoint("found-search", "bank", 80), "found-search.bank.svc.* is no Service that is declared"),
        (Endpoint("found-search", "shop", 80, pod="found-search-1"), "there is no such pod; write one of found-search-0"),
    ],
)
def test_an_address_that_the_chart_does_not_have_is_refused(search: Endpoint, problem: str) -> None:
    """Another port, name, namespace or pod."""
    with pytest.raises(RuntimeError, match=problem):
        objects_beside(printed, search)


@pytest.mark.argo
def test_helm_itself_gives_the_same(tmp_path: Path) -> None:
    """The construct of cdk8s, which starts the real program."""
    helm = built("helm", tmp_path, package="helm.sh/helm/v3/cmd/helm")

    def by_helm(chart: Chart) -> None:
        Helm(chart, "search", chart=str(CHART), release_name="found", namespace="shop", helm_executable=str(helm))

    assert objects_beside(by_helm) == objects_beside(printed)

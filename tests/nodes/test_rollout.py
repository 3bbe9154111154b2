"""A new version of every service, under steady requests."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from mgmtcluster import catalog
from mgmtcluster.options import REPLICAS
from mgmtcluster.settings import Settings
from tests.rig.kube import Json, Kubectl

from .asking import EXPOSED, PATIENT_SECONDS, steady
from .command import watching
from .machines import STORE
from .platform import WELL_SECONDS, Platform, services

_TAG = "v2"


def test_a_new_version_fails_no_request(platform: Platform, kubectl: Kubectl) -> None:
    """`image_tag` is changed, rendered and applied: no service with two pods fails a request, every pod ends in its grace period.

    What a service with one pod does not answer meanwhile is printed.
    """
    _add_images()
    platform.workspace.settings["image_tag"] = _TAG
    endings: dict[str, float] = {}
    left: list[set[str]] = []
    with steady(platform.machines.addresses().values(), seconds=PATIENT_SECONDS) as answers:
        platform.workspace.run("make synth && kubectl apply -f dist/")
        with watching(platform.machines) as watch:

            def rolled_out() -> bool:
                said_whole = watch.poll() is not None
                asked = datetime.now(UTC)
                pods = platform.pods()
                if said_whole:
                    left.append(_tags(pods) - {_TAG})
                _note(endings, pods, asked)
                ending = any("deletionTimestamp" in pod["metadata"] for pod in pods)
                return said_whole and not ending and not platform.installation.unsettled()

            kubectl.until("the new version", rolled_out, WELL_SECONDS)
    assert not any(left), "`status --watch` ended before the rollout"
    platform.settle()
    assert _tags(platform.pods()) == {_TAG}
    replicas = {service.name: service.options.get("replicas") or REPLICAS for service in catalog.ALL}
    for endpoint in EXPOSED:
        found = answers[endpoint.service]
        assert found.count > 20
        if replicas.get(endpoint.service, 1) > 1 or endpoint.scheme == "redis":
            assert found.failures == [], endpoint
        else:
            print(f"\n{endpoint.service}, one pod: {len(found.failures)} of {found.count} requests failed, for {found.gap:.1f} s")
    assert endings
    assert {name: late for name, late in endings.items() if late > 0} == {}
    print(f"\nthe last second of a grace period that a pod needed began {-max(endings.values()):.0f} s before its end")


def _tags(pods: list[Json]) -> set[str]:
    """The versions of services that run and stay."""
    staying = [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]
    return {each["image"].rpartition(":")[2] for pod in staying for each in services(pod)}


def _note(endings: dict[str, float], pods: list[Json], asked: datetime) -> None:
    """For each pod that is ending: how many seconds past the end of its grace period it was surely there last.

    Pods with a sidecar are left out: their processes are PID 1, which ignores SIGTERM, so the kubelet kills them at that end.
    """
    for pod in pods:
        hears = len(pod["spec"]["containers"]) == 1
        if hears and (end := pod["metadata"].get("deletionTimestamp")):
            endings[pod["metadata"]["name"]] = (asked - datetime.fromisoformat(end)).total_seconds()


def _add_images() -> None:
    """The same images under another tag."""
    old, new = f":{Settings().image_tag}", f":{_TAG}"
    index = STORE / "names.json"
    names: dict[str, str] = json.loads(index.read_text())
    ours = [name for name in names if name.startswith(f"{Settings().image_registry}/") and name.endswith(old)]
    assert ours
    names |= {name.removesuffix(old) + new: names[name] for name in ours}
    (written := index.with_suffix(".new")).write_text(json.dumps(names))
    written.rename(index)

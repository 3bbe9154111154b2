"""What is rendered for other kinds of clusters, as docs/clusters.md writes them, is admitted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import yaml

from tests.cluster.installations import Installations
from tests.rendering import render
from tests.rig.kube import Json, Kubectl
from tests.settings.test_clusters_page import BLOCKS

_NAMESPACE = "kinds"

#: What changes pods and Services, and not ranges in policies alone.
_FACTS = {"domain", "ip_families", "openshift", "proxy"}
_CHOSEN = {
    f"{number} {title}": block
    for number, (title, block) in enumerate(BLOCKS)
    if _FACTS & (yaml.safe_load(block).get("cluster") or {}).keys()
}


@pytest.fixture(scope="module")
def restricted(kubectl: Kubectl, installations: Installations) -> Iterator[None]:
    """A namespace that enforces Pod Security `restricted`, with the ServiceAccounts of all pods, and nothing installed."""
    installations.clear()
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    kubectl.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": _NAMESPACE, "labels": labels}})
    accounts = render().objects.of_kind("ServiceAccount")
    kubectl.apply(*(moved(account) for account in accounts))
    yield
    kubectl("delete", "namespace", _NAMESPACE)


def moved(manifest: Json) -> Json:
    """The same object in the namespace of these tests."""
    return {**manifest, "metadata": {**manifest["metadata"], "namespace": _NAMESPACE}}


def pods_of(manifest: Json) -> Iterator[Json]:
    """The pod that an object makes, by itself."""
    spec = manifest.get("spec", {})
    template = spec.get("jobTemplate", manifest).get("spec", {}).get("template")
    if template:
        restarts = {"restartPolicy": "OnFailure"} if manifest["kind"] in ("Job", "CronJob") else {}
        name = f"pod-of-{manifest['metadata']['name']}"[:63]
        claims = [{"name": claim["metadata"]["name"], "emptyDir": {}} for claim in spec.get("volumeClaimTemplates", ())]
        yield {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {**template["metadata"], "name": name, "namespace": _NAMESPACE},
            "spec": {**template["spec"], **restarts, "volumes": [*template["spec"].get("volumes", ()), *claims]},
        }


@pytest.mark.parametrize("block", _CHOSEN.values(), ids=_CHOSEN)
@pytest.mark.usefixtures("restricted")
def test_what_is_rendered_is_admitted(block: str, kubectl: Kubectl) -> None:
    """Every object, and a pod of every template under Pod Security: those of OpenShift name no user at all.

    Takes more than two seconds because it renders a platform and sends every object of it.
    """
    objects = [each for each in render(yaml.safe_load(block)).objects if each["kind"] not in ("Namespace", "ServiceAccount")]
    sent = [moved(each) if "namespace" in each["metadata"] else each for each in objects]
    sent += [pod for each in objects for pod in pods_of(each)]
    done = kubectl.run("create", "--dry-run=server", "--validate=strict", "-f", "-", stdin=yaml.safe_dump_all(sent))
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == len(sent) > 100

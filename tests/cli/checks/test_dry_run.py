"""What is sent in a dry run, and what is said of the answers."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from mgmtcluster.cli.checks.dry_run import dry_run
from mgmtcluster.cli.checks.trial import Attempt, Trial, attempts

from .views import expecting, item, rows, the_row, view, workload


def sent(*objects: dict[str, Any], there: tuple[str, ...] = ()) -> dict[str, Attempt]:
    """What is sent of these objects, by name, while these are there."""
    return {attempt.name: attempt for attempt in attempts(expecting(*objects), {name: {} for name in there})}


def test_objects_and_a_pod_of_each_template() -> None:
    """An object that is there is changed, another one made."""
    made = sent(item("Service", "web", "shop"), workload("Deployment", "web", "shop"), there=("Service/shop/web",))
    assert {name: attempt.right["verb"] for name, attempt in made.items()} == {
        "Service/shop/web": "patch",
        "Deployment/shop/web": "create",
        "a pod of Deployment/shop/web": "create",
    }
    assert made["a pod of Deployment/shop/web"].right == {
        "verb": "create",
        "group": "",
        "resource": "pods",
        "namespace": "shop",
    }


def test_a_pod_is_as_its_controller_makes_it() -> None:
    """Its owner is a controller, and its labels are the template's."""
    pod = sent(workload("Deployment", "web", "shop"))["a pod of Deployment/shop/web"].manifest
    metadata = pod["metadata"]
    assert (metadata["name"], metadata["namespace"], metadata["labels"]) == (
        "web-preflight",
        "shop",
        {"app.kubernetes.io/name": "web"},
    )
    assert [(owner["kind"], owner["name"]) for owner in metadata["ownerReferences"]] == [("ReplicaSet", "web")]


def test_the_service_account_of_a_pod() -> None:
    """Its own where that is there, else the namespace's default."""
    reader = workload("Deployment", "web", "shop", pod={"serviceAccountName": "reader"})
    name = "a pod of Deployment/shop/web"
    assert sent(reader)[name].manifest["spec"]["serviceAccountName"] == "default"
    there = sent(reader, there=("ServiceAccount/shop/reader",))
    assert there[name].manifest["spec"]["serviceAccountName"] == "reader"


def test_a_claim_of_each_claim_template() -> None:
    """The pod mounts it; a claim that is there is not sent again."""
    template = {"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": "1Gi"}}}, "status": {}}
    database = workload("StatefulSet", "db", "shop", volumeClaimTemplates=[template])
    made = sent(database)
    claim = made["PersistentVolumeClaim/shop/data-db-0"].manifest
    assert (claim["kind"], claim["spec"], "status" in claim) == ("PersistentVolumeClaim", template["spec"], False)
    volumes = made["a pod of StatefulSet/shop/db"].manifest["spec"]["volumes"]
    assert volumes == [{"name": "data", "persistentVolumeClaim": {"claimName": "data-db-0"}}]
    there = sent(database, there=("PersistentVolumeClaim/shop/data-db-0",))
    assert "PersistentVolumeClaim/shop/data-db-0" not in there


def test_helper_pods_of_the_provisioner() -> None:
    """Their template is in a ConfigMap; nobody owns them."""
    template = {"metadata": {"name": "helper-pod"}, "spec": {"containers": [{"name": "one"}]}}
    made = sent(item("ConfigMap", "disks", "disks", data={"helperPod.yaml": json.dumps(template)}))
    pod = made["a helper pod of ConfigMap/disks/disks"].manifest
    assert (pod["kind"], "ownerReferences" in pod["metadata"]) == ("Pod", False)


def test_nobody_asked() -> None:
    """There is no row."""
    assert [*rows(dry_run, view())] == []


def test_everything_is_admitted() -> None:
    """The objects are counted."""
    row = the_row(dry_run, replace(view(), trial=Trial(7)))
    assert (row.verdict, row.found) == ("ok", "the server would take all 7 objects, a pod of each kind among them")


def test_what_is_not_admitted() -> None:
    """A row for each of the server's reasons and each namespace that is missing; one for all that is not allowed."""
    trial = Trial(1, {"too large": ["a", "b", "c", "d"], "no": ["e"]}, {"shop": 2}, {"create pods in disks": 3})
    assert [(row.verdict, row.found) for row in rows(dry_run, replace(view(), trial=trial))] == [
        ("fail", "a, b, c and 1 more: too large"),
        ("fail", "e: no"),
        ("warn", "shop is not there, and what belongs in it is untried: apply 00-platform first (2 objects)"),
        ("warn", "cannot be told of 3 objects: you may not create pods in disks"),
    ]

"""What the shell installer has left, and the plan that follows from it."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from mgmtcluster import catalog
from mgmtcluster.cli.checks.old_installer import leftovers
from mgmtcluster.cli.dumps import restore
from mgmtcluster.cli.expected import Expected
from mgmtcluster.cli.migration import Step, notes, plan
from tests.rig import old_cluster

from .views import expecting, item, node, the_row, view, workload

OLD = old_cluster.everything()
BOTH = {"registry": "yes", "metrics-db": "yes"}
LABELLED = [node(f"node-{number}", labels=BOTH) for number in (1, 2, 3)]


def platform(**settings: Any) -> Expected:
    """Phases as the platform has them, as far as the plan reads them."""
    return expecting(
        settings=settings,
        phases={
            "00-platform": [item("Namespace", "registries")],
            "10-registry-database": [workload("StatefulSet", "registry", "registries", replicas=3)],
            "20-registries": [workload("Deployment", "blocks-db-svc", "registries")],
            "40-metrics-database": [workload("StatefulSet", "metrics-db", "metrics-system", replicas=3)],
        },
    )


def of_kinds(*kinds: str) -> list[dict[str, Any]]:
    """What the installer leaves of these kinds."""
    return [one for one in OLD if one["kind"] in kinds]


def steps(*there: dict[str, Any], **settings: Any) -> dict[str, Step]:
    """The steps of the plan, by title."""
    return {step.title: step for step in plan(view(*there, expected=platform(**settings)))}


def test_nothing_of_it_is_there() -> None:
    """Nothing is to be done; the platform's own objects and those of others are none of its."""
    others = [
        *LABELLED,
        workload("Deployment", "registry-0", "registries", ours=True),
        workload("Deployment", "shop", "registries"),
        item("Service", "parser", "services", ours=True, spec={"selector": {"app": "parser"}}),
        item("Service", "resource-allocator", "utils", spec={"selector": {"app": "resource-allocator", "tier": "web"}}),
        *(item("PersistentVolume", f"registry-pv-{name}", spec={}) for name in ("x", "0-copy")),
    ]
    for there in ([], others):
        seen = view(*there, expected=platform())
        row = the_row(leftovers, seen)
        assert (row.verdict, row.found) == ("ok", "nothing of it is there")
        assert (plan(seen), notes(seen)) == ([], [])


def test_all_of_it_is_there() -> None:
    """Members, volumes and services are named; the plan mends it."""
    row = the_row(leftovers, view(*OLD, expected=platform()))
    assert (row.verdict, row.fix) == ("fail", ["mgmtcluster plan-migration"])
    first, second, third = row.found.split("; ")
    assert first == "members " + ", ".join(
        [f"Deployment/{place}-{n}" for place in ("registries/registry", "metrics-system/metrics-db") for n in (0, 1, 2)]
    )
    assert second == "volumes " + ", ".join(old_cluster.volumes())
    assert third == "6 Deployments and 6 Services"


@pytest.mark.parametrize(
    ("there", "verdict", "found"),
    [
        (of_kinds("PersistentVolume"), "warn", "volumes registry-pv-0, registry-pv-1"),
        (of_kinds("ConfigMap"), "warn", "claims, Services or ConfigMaps of its databases"),
        (of_kinds("PersistentVolumeClaim"), "warn", "claims, Services or ConfigMaps of its databases"),
        (of_kinds("Service"), "fail", "0 Deployments and 6 Services"),
    ],
)
def test_some_of_it_is_there(there: list[dict[str, Any]], verdict: str, found: str) -> None:
    """What nothing runs on is in the way of nothing."""
    row = the_row(leftovers, view(*there, expected=platform()))
    assert (row.verdict, row.found[: len(found)]) == (verdict, found)


def test_the_steps() -> None:
    """Everything is dumped before anything is deleted, and the data are there before a service is."""
    assert [*steps(*OLD, *LABELLED)] == [
        "Stop the services",
        "Dump registry",
        "Dump metrics-db",
        "Delete the old objects",
        "Install the databases alone",
        "Restore registry",
        "Restore metrics-db",
        "Install everything",
        "Delete the old volumes, once the data are known to be well",
    ]


def test_the_services_are_stopped() -> None:
    """By namespace; neither the members nor what is of others."""
    assert steps(*OLD)["Stop the services"].commands == [
        "kubectl scale deployment -n metrics-system metrics-redis --replicas=0",
        "kubectl scale deployment -n registries blocks-db components-registry policies-system --replicas=0",
        "kubectl scale deployment -n services parser --replicas=0",
        "kubectl scale deployment -n utils resource-allocator --replicas=0",
    ]


def test_a_dump() -> None:
    """From all members, without a password; the unnamed database has a name in the counts; only the registries' set has one."""
    step = steps(*OLD)["Dump registry"]
    assert step.why == "3 members of mongo:6.0. Keep the files: a restore is made of them."
    hosts = ",".join(f"registry-{ordinal}.registries.svc.cluster.local:27017" for ordinal in (0, 1, 2))
    uri = f"mongodb://{hosts}/?replicaSet=rs0"
    run = "kubectl exec -n registries deployment/registry-0 --"
    assert step.commands[0] == f'{run} mongodump --quiet --uri="{uri}" --archive --gzip > registry.archive.gz'
    assert step.commands[1] == "gzip --test registry.archive.gz"
    assert step.commands[2].startswith(f'{run} mongosh --quiet "{uri}" --eval "db.getMongo()')
    assert step.commands[2].endswith(" | sed 's/^test\\./components./' | sort > registry.before")
    assert " | sed" not in steps(*OLD)["Dump metrics-db"].commands[2]


def test_a_dump_is_of_the_members_that_are_there() -> None:
    """The first of them runs it."""
    left = [one for one in OLD if one["metadata"]["name"] != "registry-0"]
    step = steps(*left)["Dump registry"]
    assert step.commands[0].startswith("kubectl exec -n registries deployment/registry-1 --")
    assert "registry-0." not in step.commands[0]


def test_a_restore() -> None:
    """As root, whose password no argument holds; without the old users; with the unnamed database renamed."""
    commands = steps(*OLD)["Restore registry"].commands
    run = "kubectl exec -i -n registries registry-0 -c registry --"
    hosts = ",".join(f"registry-{ordinal}.registry.registries.svc.cluster.local:27017" for ordinal in (0, 1, 2))
    uri = f"mongodb://root@{hosts}/?replicaSet=rs0&authSource=admin&w=majority"
    assert commands[0] == (
        """kubectl get secret -n registries registry-user-root -o go-template='{{index .data "password" | base64decode}}'"""
        f" | {run} sh -c 'umask 077; cat > /tmp/password'"
    )
    assert f'"{uri}" "$(cat /tmp/password)" > /tmp/restore.yaml' in commands[1]
    assert commands[2] == (
        f"{run} mongorestore --config=/tmp/restore.yaml --archive --gzip --stopOnError --nsExclude='admin.*'"
        " --nsExclude='config.*' --nsFrom='test.*' --nsTo='components.*' < registry.archive.gz"
    )
    assert commands[3].endswith("| sort | diff registry.before -")
    assert commands[4] == f"{run} rm /tmp/restore.yaml /tmp/password"
    assert "--nsFrom" not in "\n".join(steps(*OLD)["Restore metrics-db"].commands)


def test_a_restore_follows_the_settings() -> None:
    """The number of members, and the Secret with root's password."""
    settings = {"registry_database": {"members": 5, "existing_secrets": {"root": "my-root"}}}
    commands = steps(*OLD, **settings)["Restore registry"].commands
    assert "secret -n registries my-root -o" in commands[0]
    assert "registry-4.registry.registries" in commands[1]
    assert commands == restore(platform(**settings).settings.replica_set(catalog.REGISTRY))


def test_the_old_objects_are_deleted() -> None:
    """By kind and namespace; claims and volumes stay, and so does what is of others."""
    commands = steps(*OLD)["Delete the old objects"].commands
    assert "kubectl delete --cascade=foreground deployment -n services parser" in commands
    assert "kubectl delete --cascade=foreground configmap -n metrics-system metrics-db-init" in commands
    assert "kubectl delete --cascade=foreground pod -n registries registry-init-client" in commands
    words = " ".join(commands).split()
    assert {"registry-0", "registry-1", "registry-2", "blocks-db-svc"} <= {*words}
    assert not {"pv", "pvc", "persistentvolumeclaim", "networks-registry", "networks-registry-svc"} & {*words}


def test_nodes_are_labelled_where_labels_are_missing() -> None:
    """With the commands of the preflight."""
    bare = [node(f"node-{number}") for number in (1, 2, 3)]
    assert steps(*OLD, *bare)["Label the nodes"].commands == [
        "kubectl label node node-1 node-2 node-3 registry=yes",
        "kubectl label node node-1 node-2 node-3 metrics-db=yes",
    ]
    assert "Label the nodes" not in steps(*OLD, *LABELLED)


def test_the_databases_are_installed_alone() -> None:
    """Namespaces and databases, in their order, and the Jobs that set them up."""
    assert steps(*OLD)["Install the databases alone"].commands == [
        "mgmtcluster preflight",
        *(f"kubectl apply -f dist/{phase}.k8s.yaml" for phase in ("00-platform", "10-registry-database", "40-metrics-database")),
        *(
            f"kubectl wait job -n {namespace} -l app.kubernetes.io/name={name}-init-client --for=condition=Complete --timeout=30m"
            for namespace, name in (("registries", "registry"), ("metrics-system", "metrics-db"))
        ),
    ]


def test_where_only_services_are_left_nothing_is_dumped() -> None:
    """There is nothing to dump."""
    services = [one for one in OLD if not one["metadata"]["name"].startswith(("registry-", "metrics-db-"))]
    titles = [*steps(*services, *LABELLED)]
    assert titles == ["Stop the services", "Delete the old objects", "Install the databases alone", "Install everything"]


def test_where_nothing_runs_any_more_the_rest_is_deleted() -> None:
    """Last of all the directories, by hand, on the nodes."""
    rest = of_kinds("PersistentVolume", "PersistentVolumeClaim", "ConfigMap")
    [step] = steps(*rest).values()
    assert step.why == "Nothing runs on them any more. This cannot be undone."
    assert step.commands[:2] == [
        "kubectl delete configmap -n registries registry-init",
        "kubectl delete configmap -n metrics-system metrics-db-init",
    ]
    assert step.commands[2] == "kubectl delete pvc -n registries registry-pvc-0 registry-pvc-1 registry-pvc-2"
    assert step.commands[4] == f"kubectl delete pv {' '.join(old_cluster.volumes())}"
    assert step.commands[5].startswith("# on every node that a member has run on: rm -r /mnt/data/registry-0 ")


def test_what_changes_for_clients() -> None:
    """Node ports that become others or none; objects that stay are named."""
    stays = "is not of the platform and stays as it is"
    found = notes(view(*OLD, expected=platform()))
    assert [note.partition(":")[0] for note in found] == [
        f"Deployment/registries/networks-registry {stays}",
        f"Service/registries/networks-registry-svc {stays}",
        "services/parser port 8000",
        "utils/resource-allocator port 7777",
    ]
    assert found[2].endswith("node port 30501 is 30500 from then on")
    assert found[3].endswith("node port 32171 is not exposed any more")


def test_every_command_is_one_that_bash_can_read() -> None:
    """Quotes and all."""
    script = "\n".join(command for step in steps(*OLD).values() for command in step.commands)
    done = subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")

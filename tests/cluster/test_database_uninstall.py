"""Taking the platform away, and coming back to its data: as the operator's page says."""

from __future__ import annotations

from tests.rig.installation import Installation
from tests.rig.kube import Kubectl
from tests.rig.workspace import Workspace, blocks, commanded

_REGISTRY = ("--namespace=registries", "--selector=app.kubernetes.io/name=registry")


def test_the_documented_commands_uninstall_a_phase(workspace: Workspace, databases: Installation, kubectl: Kubectl) -> None:
    """They remove services, and a database whose claims and volumes stay and are used again."""
    databases.settle()
    services, database = blocks("Uninstall a phase")
    claims = databases.claims()
    assert "60-services" in services, "this workspace has none: the tests of the phases remove them with the same command"
    workspace.run(database)
    kubectl.until("the members to be gone", lambda: not kubectl.items("pods", *_REGISTRY))
    assert databases.claims() == claims
    workspace.run("kubectl apply -f dist/")
    databases.settle()
    assert databases.claims() == claims


def test_the_volumes_of_deleted_namespaces_are_adopted(workspace: Workspace, databases: Installation, kubectl: Kubectl) -> None:
    """Uninstalled, only the volumes are left; with the documented commands and an apply every claim has the volume it had."""
    assert databases.applied.returncode == 0, databases.applied.stderr
    databases.settle(databases.folder / "10-registry-database.k8s.yaml")
    claims = databases.claims()
    assert {*claims} >= {f"registries/data-registry-{member}" for member in range(3)}
    [uninstall] = blocks("Uninstall everything")
    workspace.run(uninstall)
    assert databases.objects() == {}
    assert databases.claims() == {}
    databases.volumes_become("Released", *claims.values())

    for heading in ("Look at what is there", "Make the claims again", "Install again"):
        [commands] = blocks(heading)
        done = workspace.run(commands)
        if heading == "Look at what is there":
            assert all(volume in done.stdout for volume in claims.values())
    databases.settle(databases.folder / "10-registry-database.k8s.yaml")
    assert databases.claims() == claims
    phases = {volume["metadata"]["name"]: volume["status"]["phase"] for volume in kubectl.items("pv")}
    assert {phases[volume] for volume in claims.values()} == {"Bound"}


def test_every_documented_command_is_run() -> None:
    """The headings with commands are those whose commands the tests of the databases run, and that of load balancers."""
    assert commanded() == {
        "Which database",
        "More members",
        "Fewer members: first the votes",
        "Fewer members: then the pods",
        "Where the class can expand",
        "Where the class cannot expand",
        "Take its vote away",
        "Move its label",
        "Give it a new volume",
        "Give its vote back",
        "Rotate a password, or replace a lost one",
        "Add the new key",
        "Remove the old one",
        "Replace a lost keyfile",
        "Upgrade MongoDB",
        "Take a dump, and try it",
        "Stop what writes",
        "The newest dump",
        "Another dump",
        "Give the users their passwords, and start the services",
        "Change the class of a load balancer",
        "Look at what is there",
        "Make the claims again",
        "Install again",
        "Uninstall a phase",
        "Uninstall everything",
        "Delete the volumes for good",
    }

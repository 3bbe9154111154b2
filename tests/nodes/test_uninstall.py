"""The platform is taken away, phase by phase and all at once, and its data are there when it comes back."""

from __future__ import annotations

from mgmtcluster.catalog.endpoints import METRICS_REDIS
from tests.rig.kube import documents, key
from tests.rig.workspace import blocks

from .command import ask
from .kept import keep, kept
from .machines import NAMES
from .platform import OURS, Platform


def test_phases_are_removed_and_come_back_with_their_data(platform: Platform) -> None:
    """The last phase and a database's are deleted as documented, the one of metrics-redis likewise, and dist/ applied again."""
    address = platform.machines.addresses()[NAMES[0]]
    before = keep(address, "written before the phases were removed")
    claims = platform.installation.claims()
    last, database = blocks("Uninstall a phase")
    redis = ("StatefulSet", METRICS_REDIS.namespace, METRICS_REDIS.service)
    [metrics] = [file for file in platform.installation.files if redis in map(key, documents(file))]
    phases = {file.name.partition(".")[0]: file.name for file in platform.installation.files}
    removed = {phase for phase, file in phases.items() if file == metrics.name or file in last + database}
    assert len(removed) == 3
    try:
        platform.workspace.run(f"{last}{database}kubectl delete -f dist/{metrics.name}")
        said = ask(platform.machines, "status")
        assert (said.code, {*phases} - said.phases()) == (1, removed)
        assert platform.installation.claims() == claims
    finally:
        platform.workspace.run("kubectl apply -f dist/")
    platform.settle()
    assert kept(address) == before
    assert platform.installation.claims() == claims


def test_everything_is_removed_and_comes_back_with_its_data(platform: Platform) -> None:
    """After `kubectl delete -f dist/` the documented commands adopt the volumes and install on them."""
    address = platform.machines.addresses()[NAMES[0]]
    before = keep(address, "written before everything was removed")
    claims = platform.installation.claims()
    _delete_everything(platform)
    assert platform.kubectl.items("pods", "--all-namespaces", OURS) == []
    assert platform.installation.claims() == {}

    def not_released() -> list[str]:
        """The volumes for which preflight has no command yet."""
        said = ask(platform.machines, "preflight")
        [row] = [row for row in said.found["checks"] if row["check"] == "volumes"]
        fix = "\n".join(row["fix"]) if (said.code, row["verdict"]) == (1, "fail") else ""
        return [volume for volume in claims.values() if f"kubectl patch pv {volume} " not in fix]

    platform.kubectl.until("every volume to be Released", lambda: not not_released(), missing=not_released)
    for heading in ("Look at what is there", "Make the claims again", "Install again"):
        [commands] = blocks(heading)
        platform.workspace.run(commands)
    platform.settle()
    assert kept(address) == before
    assert platform.installation.claims() == claims


def test_all_is_well_at_the_end(platform: Platform) -> None:
    """Whatever the tests did, every pod is Ready, every Job complete and every address answers."""
    platform.get_well()


def _delete_everything(platform: Platform) -> None:
    """As an operator does, who waits longer.

    The namespace controller looks again when half of the longest grace period is over, or when a namespace changes; kubectl looks
    at the objects one after the other, five a second.
    """
    kubectl = platform.kubectl
    platform.workspace.run("kubectl delete -f dist/ --wait=false")
    kubectl.until("no pod to be left", lambda: not kubectl.items("pods", "--all-namespaces", OURS))
    kubectl.run("annotate", "namespaces", OURS, "mgmtcluster.test/look=again")
    kubectl.until("everything to be gone", lambda: not platform.installation.objects())

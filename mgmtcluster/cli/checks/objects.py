"""Objects that are there already under the platform's names."""

from collections.abc import Iterator
from typing import Final

from mgmtcluster.cli.checks.row import Row, counted, listed
from mgmtcluster.cli.checks.view import View, is_ours
from mgmtcluster.manifests import Object, name_of

_POD_SECURITY: Final = "pod-security.kubernetes.io/"


def namespaces(view: View) -> Iterator[Row]:
    """The platform's namespaces are its own, or not there yet, and Pod Security is as it makes it."""
    there = {item["metadata"]["name"]: item for item in view.objects["Namespace"]}
    pairs = [(expected, there.get(expected["metadata"]["name"])) for expected in view.expected.of_kind("Namespace")]
    rows = [row for expected, found in pairs if found and (row := _namespace(view, expected, found))]
    yield from rows or [Row("namespaces", "ok", "the platform's own, or made by the installation")]


def _namespace(view: View, expected: Object, found: Object) -> Row | None:
    """The row of a namespace that is there; None where nothing is to be said of it."""
    name = expected["metadata"]["name"]
    if "deletionTimestamp" in found["metadata"]:
        return Row("namespaces", "fail", f"{name} is being deleted", [f"kubectl wait --for=delete namespace/{name} --timeout=5m"])
    wanted, now = (_security(namespace) for namespace in (expected, found))
    pods = [pod for pod in view.objects["Pod"] if pod["metadata"]["namespace"] == name and not is_ours(pod)]
    others = f"{counted(len(pods), 'pod')} that the platform does not own"
    if not _is_closed(view, expected):
        if is_ours(found) and not pods:
            return None
        owner = f"has {others}" if pods else "is not the platform's and has no pod"
        return Row("namespaces", "ok", f"{name} {owner}; the platform adds names there and closes nothing off")
    becomes = f"Pod Security becomes {wanted.get('enforce', 'none')}"
    if "enforce" in now:
        becomes += f", it is {now['enforce']} now"
    if pods:
        fix = [f"kubectl get pods -n {name}   # move them to another namespace: they are closed off and may not start again"]
        return Row("namespaces", "fail", f"{name} has {others}; {becomes}", fix)
    if not is_ours(found) or wanted != now:
        owner = "was changed" if is_ours(found) else "is not the platform's and has no pod"
        return Row("namespaces", "warn", f"{name} {owner}; {becomes}", [f"kubectl get namespace {name} --show-labels"])
    return None


def _is_closed(view: View, namespace: Object) -> bool:
    """Whether pods of others in a namespace are affected: by Pod Security, or by a policy over all pods."""
    name = namespace["metadata"]["name"]
    policies = (policy for policy in view.expected.of_kind("NetworkPolicy") if policy["metadata"]["namespace"] == name)
    return "enforce" in _security(namespace) or any(not policy["spec"]["podSelector"] for policy in policies)


def _security(namespace: Object) -> dict[str, str]:
    labels = namespace["metadata"].get("labels") or {}
    return {key.removeprefix(_POD_SECURITY): value for key, value in labels.items() if key.startswith(_POD_SECURITY)}


def foreign(view: View) -> Iterator[Row]:
    """No object that the platform does not own has one of its names."""
    names = [name_of(manifest) for manifest in view.expected.objects if manifest["kind"] != "Namespace"]
    found = [view.named[name] for name in names if name in view.named and not is_ours(view.named[name])]
    if found:
        deletions = [f"kubectl delete {_argument(item)}" for item in found]
        fix = ["mgmtcluster plan-migration   # if they are of the shell installer; else look, and delete them:", *deletions]
        verb = "object is" if len(found) == 1 else "objects are"
        yield Row("names", "fail", f"{len(found)} {verb} not the platform's: {listed(list(map(name_of, found)))}", fix)
    else:
        yield Row("names", "ok", "no other object has a name of the platform's")


def _argument(item: Object) -> str:
    namespace = item["metadata"].get("namespace")
    return f"{item['kind'].lower()} {item['metadata']['name']}" + (f" -n {namespace}" if namespace else "")


def jobs(view: View) -> Iterator[Row]:
    """No Job has failed, and none of earlier settings is left."""
    expected = {name_of(manifest) for manifest in view.expected.of_kind("Job")}
    ours = [item for item in view.named.values() if item["kind"] == "Job" and is_ours(item)]
    failed = [job for job in ours if _has_ended(job, "Failed")]
    old = [job for job in ours if name_of(job) not in expected and _has_ended(job, "Complete")]
    if failed:
        fix = [f"kubectl delete {_argument(job)}   # then apply again" for job in failed]
        yield Row("jobs", "fail", f"failed: {listed(list(map(name_of, failed)))}", fix)
    if old:
        fix = [f"kubectl delete {_argument(job)}" for job in old]
        yield Row("jobs", "warn", f"finished, of earlier settings: {listed(list(map(name_of, old)))}", fix)
    if not failed and not old:
        yield Row("jobs", "ok", "none has failed, none of earlier settings is left")


def _has_ended(job: Object, condition: str) -> bool:
    conditions = (job.get("status") or {}).get("conditions") or ()
    return any(item["type"] == condition and item["status"] == "True" for item in conditions)


CHECKS: Final = (namespaces, foreign, jobs)

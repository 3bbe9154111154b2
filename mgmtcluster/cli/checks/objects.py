"""What is there already under the platform's names."""

from collections.abc import Iterator

from mgmtcluster.cli.checks.row import Row, listed
from mgmtcluster.cli.checks.view import View, is_ours
from mgmtcluster.manifests import Object, name_of

_POD_SECURITY = "pod-security.kubernetes.io/"


def namespaces(view: View) -> Iterator[Row]:
    """The platform's namespaces are its own, or not there yet, and Pod Security is as it makes it."""
    there = {each["metadata"]["name"]: each for each in view.objects["Namespace"]}
    well = True
    for expected in view.expected.of_kind("Namespace"):
        name = expected["metadata"]["name"]
        row = _namespace(view, expected, there[name]) if name in there else None
        if row:
            well = False
            yield row
    if well:
        yield Row("namespaces", "ok", "the platform's own, or made by the installation")


def _namespace(view: View, expected: Object, found: Object) -> Row | None:
    name = expected["metadata"]["name"]
    if "deletionTimestamp" in found["metadata"]:
        return Row("namespaces", "fail", f"{name} is being deleted", [f"kubectl wait --for=delete namespace/{name} --timeout=5m"])
    wanted, given = (_security(each) for each in (expected, found))
    pods = [each for each in view.objects["Pod"] if each["metadata"]["namespace"] == name and not is_ours(each)]
    changed = f"Pod Security becomes {wanted['enforce']}" + (f", it is {given['enforce']} now" if "enforce" in given else "")
    if pods:
        fix = [f"kubectl get pods -n {name}   # move them to another namespace: they are closed off and may not start again"]
        return Row("namespaces", "fail", f"{name} has {len(pods)} pods of somebody else; {changed}", fix)
    if not is_ours(found) or wanted != given:
        what = "was changed" if is_ours(found) else "is of somebody else, without a pod"
        return Row("namespaces", "warn", f"{name} {what}; {changed}", [f"kubectl get namespace {name} --show-labels"])
    return None


def _security(namespace: Object) -> dict[str, str]:
    labels = namespace["metadata"].get("labels") or {}
    return {key.removeprefix(_POD_SECURITY): value for key, value in labels.items() if key.startswith(_POD_SECURITY)}


def foreign(view: View) -> Iterator[Row]:
    """No object of somebody else has the name of one of the platform's."""
    names = [name_of(each) for each in view.expected.objects if each["kind"] != "Namespace"]
    found = [view.named[name] for name in names if name in view.named and not is_ours(view.named[name])]
    if found:
        deletions = [f"kubectl delete {_argument(each)}" for each in found]
        fix = ["mgmtcluster plan-migration   # if they are of the shell installer; else look, and delete them:", *deletions]
        yield Row("names", "fail", f"{len(found)} objects are somebody else's: {listed(list(map(name_of, found)))}", fix)
    else:
        yield Row("names", "ok", "no object of somebody else has a name of the platform's")


def _argument(item: Object) -> str:
    namespace = item["metadata"].get("namespace")
    return f"{item['kind'].lower()} {item['metadata']['name']}" + (f" -n {namespace}" if namespace else "")


def jobs(view: View) -> Iterator[Row]:
    """No Job has failed, and none of earlier settings is left."""
    expected = {name_of(each) for each in view.expected.of_kind("Job")}
    ours = [each for each in view.named.values() if each["kind"] == "Job" and is_ours(each)]
    failed = [each for each in ours if _has_ended(each, "Failed")]
    old = [each for each in ours if name_of(each) not in expected and _has_ended(each, "Complete")]
    if failed:
        fix = [f"kubectl delete {_argument(each)}   # then apply again" for each in failed]
        yield Row("jobs", "fail", f"failed: {listed(list(map(name_of, failed)))}", fix)
    if old:
        fix = [f"kubectl delete {_argument(each)}" for each in old]
        yield Row("jobs", "warn", f"finished, of earlier settings: {listed(list(map(name_of, old)))}", fix)
    if not failed and not old:
        yield Row("jobs", "ok", "none has failed, none of earlier settings is left")


def _has_ended(job: Object, how: str) -> bool:
    conditions = (job.get("status") or {}).get("conditions") or ()
    return any(each["type"] == how and each["status"] == "True" for each in conditions)

"""Storage: the class, who makes its volumes, and volumes of an earlier installation."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from mgmtcluster import catalog
from mgmtcluster.cli.checks.row import Row, listed
from mgmtcluster.cli.checks.view import View, is_ours
from mgmtcluster.manifests import Object, containers, name_of


def storage_class(view: View) -> Iterator[Row]:
    """The class that the settings name exists; the bundled one is the platform's own, or not there yet."""
    classes = {each["metadata"]["name"]: each for each in view.objects["StorageClass"]}
    bundled = next(view.expected.of_kind("StorageClass"), None)
    if bundled is None:
        yield _named(str(view.expected.settings.storage_class), classes)
        return
    name = bundled["metadata"]["name"]
    found = classes.get(name)
    if found and (not is_ours(found) or found["provisioner"] != bundled["provisioner"]):
        fix = [f"kubectl delete storageclass {name}   # its volumes stay; or name another in settings.yaml: storage_class"]
        yield Row("storage class", "fail", f"{name} is somebody else's, of {found['provisioner']}", fix)
    else:
        yield Row("storage class", "ok", f"{name} is {'there' if found else 'made by the installation'}")


def _named(name: str, classes: Mapping[str, Object]) -> Row:
    if name not in classes:
        known = listed(sorted(classes)) or "none"
        return Row(
            "storage class",
            "fail",
            f"there is no {name}; there is: {known}",
            ["settings.yaml: storage_class: NAME", "make synth"],
        )
    if classes[name].get("reclaimPolicy") != "Retain":
        fix = [f"kubectl get storageclass {name} -o yaml   # make one like it with reclaimPolicy: Retain, and name that"]
        return Row("storage class", "warn", f"volumes of {name} are deleted with their claims", fix)
    return Row("storage class", "ok", f"{name} is there")


def provisioner(view: View) -> Iterator[Row]:
    """Nobody else answers to the name of the bundled provisioner."""
    bundled = next(view.expected.of_kind("StorageClass"), None)
    if bundled is None:
        return
    name = bundled["provisioner"]
    others = [
        *(each for each in view.objects["StorageClass"] if each["provisioner"] == name and not is_ours(each)),
        *(each for each in view.objects["Deployment"] if not is_ours(each) and _answers_to(each, name)),
    ]
    for each in others:
        where = f"-n {each['metadata']['namespace']} " if "namespace" in each["metadata"] else ""
        fix = [f"kubectl delete {each['kind'].lower()} {where}{each['metadata']['name']}"]
        yield Row("provisioner", "fail", f"{name_of(each)} uses the name {name} too: two would both make a claim's volume", fix)
    if not others:
        yield Row("provisioner", "ok", f"nobody else uses the name {name}")


def _answers_to(deployment: Object, name: str) -> bool:
    words = [word for each in containers(deployment) for key in ("command", "args") for word in each.get(key) or ()]
    values = [variable.get("value") for each in containers(deployment) for variable in each.get("env") or ()]
    return any(name in (text, str(text).partition("=")[2]) for text in (*words, *values))


def volumes(view: View) -> Iterator[Row]:
    """No volume of an earlier installation waits, Released, to be taken again before new ones are made."""
    wanted = dict(_claims(view))
    released = [each for each in view.objects["PersistentVolume"] if _phase(each) == "Released" and _claim(each) in wanted]
    count = Counter(_claim(each) for each in released)
    once = [each for each in released if count[_claim(each)] == 1 and not _bound_again(view, each)]
    if once:
        what = listed([f"{each['metadata']['name']} ({wanted[_claim(each)]})" for each in once])
        fix = ["kubectl apply -f dist/00-platform.k8s.yaml", *(adopt(each) for each in once)]
        yield Row(
            "volumes", "fail", f"Released, with data of an earlier installation; an apply makes new, empty ones: {what}", fix
        )
    for claim, times in count.items():
        rivals = [each for each in released if _claim(each) == claim and not _bound_again(view, each)]
        if times > 1 and rivals:
            found = f"{times} Released volumes were of {claim} ({wanted[claim]}): choose one of them"
            yield Row("volumes", "fail", found, list(_choice(rivals)))
    left = [each["metadata"]["name"] for each in released if _bound_again(view, each)]
    if left:
        fix = [f"kubectl delete pv {' '.join(left)}   # when nobody needs what is in them"]
        yield Row("volumes", "warn", f"Released, and a new one has their place: {listed(left)}", fix)
    if not released:
        yield Row("volumes", "ok", "no volume of an earlier installation waits")


def _choice(rivals: Sequence[Object]) -> Iterator[str]:
    """How one volume is chosen of several that were of the same claim; the newest may be an empty one."""
    made = {each["metadata"]["name"]: str(each["metadata"]["creationTimestamp"]) for each in rivals}
    for name in sorted(made, key=lambda name: made[name]):
        yield f"kubectl describe pv {name}   # made {made[name]}; says where its data are"
    yield "kubectl delete pv NAME   # each that is not the one you want; its data stay where they are"
    yield "mgmtcluster preflight   # and it says how the one that is left is adopted"


def _claims(view: View) -> Iterator[tuple[str, str]]:
    """Every claim that will be made, and whose data it holds."""
    databases = {(each.namespace, each.name) for each in catalog.DATABASES}
    for each in view.expected.of_kind("StatefulSet"):
        namespace, name = each["metadata"]["namespace"], each["metadata"]["name"]
        whose = f"data of the database {name}" if (namespace, name) in databases else f"data of {name}"
        for template in each["spec"].get("volumeClaimTemplates") or ():
            for ordinal in range(each["spec"]["replicas"]):
                yield f"{namespace}/{template['metadata']['name']}-{name}-{ordinal}", whose


def _claim(volume: Object) -> str:
    claim = volume["spec"].get("claimRef") or {}
    return f"{claim.get('namespace')}/{claim.get('name')}"


def _phase(volume: Object) -> str:
    return str((volume.get("status") or {}).get("phase"))


def _bound_again(view: View, volume: Object) -> bool:
    return f"PersistentVolumeClaim/{_claim(volume)}" in view.named


def adopt(volume: Object) -> str:
    """The commands that make a Released volume's claim again and bind them; `docs/operations.md` explains them."""
    spec, name = volume["spec"], volume["metadata"]["name"]
    return f"""kubectl create -f - <<'END'
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  namespace: {spec["claimRef"]["namespace"]}
  name: {spec["claimRef"]["name"]}
spec:
  volumeName: {name}
  storageClassName: {spec.get("storageClassName", '""')}
  accessModes: [{", ".join(spec["accessModes"])}]
  resources:
    requests:
      storage: {spec["capacity"]["storage"]}
END
kubectl patch pv {name} --type=json -p '[
  {{"op": "remove", "path": "/spec/claimRef/uid"}}, {{"op": "remove", "path": "/spec/claimRef/resourceVersion"}}
]'"""

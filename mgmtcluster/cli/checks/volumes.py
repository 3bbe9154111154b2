"""Volumes of an earlier installation, which wait for their claims to be made again."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from mgmtcluster.cli.checks.claims import claim_of, is_there, phase_of, wanted_claims
from mgmtcluster.cli.checks.row import Row, listed
from mgmtcluster.cli.checks.view import View
from mgmtcluster.manifests import Object


def volumes(view: View) -> Iterator[Row]:
    """No volume of an earlier installation is Released: it would have to be adopted before a new one is made."""
    holds = {claim.name: claim.holds for claim in wanted_claims(view)}
    of_ours = [volume for volume in view.objects["PersistentVolume"] if claim_of(volume) in holds]
    released = [volume for volume in of_ours if phase_of(volume) == "Released"]
    replaced = [volume for volume in released if is_there(view, claim_of(volume))]
    waiting = [volume for volume in released if volume not in replaced]
    times = Counter(map(claim_of, released))
    alone = [volume for volume in waiting if times[claim_of(volume)] == 1]
    if alone:
        data = listed([f"{volume['metadata']['name']} ({holds[claim_of(volume)]})" for volume in alone])
        fix = ["kubectl apply -f dist/00-platform.k8s.yaml", *(adopt(volume) for volume in alone)]
        found = f"Released, with data of an earlier installation; an apply makes new, empty ones: {data}"
        yield Row("volumes", "fail", found, fix)
    for claim in dict.fromkeys(claim_of(volume) for volume in waiting if volume not in alone):
        rivals = [volume for volume in waiting if claim_of(volume) == claim]
        found = f"{times[claim]} Released volumes were of {claim} ({holds[claim]}): choose one of them"
        yield Row("volumes", "fail", found, list(_choice(rivals)))
    if replaced:
        names = [volume["metadata"]["name"] for volume in replaced]
        fix = [f"kubectl delete pv {' '.join(names)}   # when nobody needs the data in them"]
        yield Row("volumes", "warn", f"Released, and a new one has their place: {listed(names)}", fix)
    if not released:
        yield Row("volumes", "ok", "no volume of an earlier installation waits")


def _choice(rivals: Sequence[Object]) -> Iterator[str]:
    """The commands that choose one volume of several of the same claim; the newest may be an empty one."""
    made = {volume["metadata"]["name"]: str(volume["metadata"]["creationTimestamp"]) for volume in rivals}
    for name in sorted(made, key=lambda name: made[name]):
        yield f"kubectl describe pv {name}   # made {made[name]}; says where its data are"
    yield "kubectl delete pv NAME   # every volume but the one that you want; their data stay where they are"
    yield "mgmtcluster preflight   # prints how the one that is left is adopted"


def adopt(volume: Object) -> str:
    """Return the commands that make a Released volume's claim again and bind them; `docs/operations.md` explains them."""
    spec, name = volume["spec"], volume["metadata"]["name"]
    return f"""kubectl create -f - <<'END'
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  namespace: {spec["claimRef"]["namespace"]}
  name: {spec["claimRef"]["name"]}
spec:
  volumeName: {name}
  storageClassName: {spec.get("storageClassName") or '""'}
  accessModes: [{", ".join(spec["accessModes"])}]
  resources:
    requests:
      storage: {spec["capacity"]["storage"]}
END
kubectl patch pv {name} --type=json -p '[
  {{"op": "remove", "path": "/spec/claimRef/uid"}}, {{"op": "remove", "path": "/spec/claimRef/resourceVersion"}}
]'"""


CHECKS: Final = (volumes,)

"""The storage provisioner with the rights that dist/ gives it, and no more."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rig.installation import Installation
from tests.rig.kube import DEADLINE, Json, Kubectl

_STORAGE = "--namespace=mgmtcluster-storage"
_NAME = "provisioner-rights"
_PROVISIONER = f"{_NAME}.test/local-path"


@pytest.fixture(scope="module")
def binary() -> str:
    """rancher/local-path-provisioner."""
    built = sorted(Path.home().glob(".cache/mgmtcluster-controlplane/*/local-path-provisioner"))
    found = (
        os.environ.get("LOCAL_PATH_PROVISIONER") or shutil.which("local-path-provisioner") or (str(built[-1]) if built else None)
    )
    if found is None:
        pytest.skip("no local-path-provisioner: put it on PATH, or write its path into LOCAL_PATH_PROVISIONER")
    return found


@pytest.fixture
def log(binary: str, platform: Installation, kubectl: Kubectl, tmp_path: Path) -> Iterator[Path]:
    """What the provisioner says, which runs beside the installed one under a name of its own, as its ServiceAccount."""
    assert platform.applied.returncode == 0, platform.applied.stderr
    config = kubectl.item("configmap", "local-path-config", _STORAGE)
    for name, content in config["data"].items():
        (tmp_path / name).write_text(content)
    deployment = kubectl.item("deployment", "local-path-provisioner", _STORAGE)
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    replaced = {"--config": str(tmp_path / "config.json"), "--provisioner-name": _PROVISIONER}
    flags = [_with(flag, replaced) for flag in container["command"][1:]]
    credentials = _kubeconfig(kubectl, tmp_path, deployment["spec"]["template"]["spec"]["serviceAccountName"])
    said = tmp_path / "log"
    with said.open("w") as log:
        process = subprocess.Popen(
            [binary, *flags, f"--kubeconfig={credentials}"],
            env={**os.environ, "CONFIG_MOUNT_PATH": str(tmp_path)},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    yield said
    process.terminate()
    process.wait(DEADLINE)


def test_the_rights_of_the_provisioner_are_enough(log: Path, kubectl: Kubectl) -> None:
    """It makes the volume of a claim that a pod uses, removes it when the claim is deleted, and nothing is forbidden to it."""
    try:
        kubectl.apply(*_user_of_a_volume())
        claim = kubectl.until("the claim to be bound", lambda: _bound_claim(kubectl))
        volume = claim["spec"]["volumeName"]
        assert kubectl.item("pv", volume)["metadata"]["annotations"]["pv.kubernetes.io/provisioned-by"] == _PROVISIONER
        kubectl("delete", "namespace", _NAME)
        kubectl.until("the volume to be removed", lambda: not kubectl.items("pv", volume))
    finally:
        kubectl("delete", "--ignore-not-found", f"namespace/{_NAME}", f"storageclass/{_NAME}")
    assert "forbidden" not in log.read_text()


def _with(flag: str, replaced: dict[str, str]) -> str:
    name = flag.partition("=")[0]
    return f"{name}={replaced[name]}" if name in replaced else flag


def _kubeconfig(kubectl: Kubectl, folder: Path, account: str) -> Path:
    """The cluster of KUBECONFIG, for the bearer of the account's token."""
    token = kubectl("create", "token", account, _STORAGE).strip()
    config: Json = json.loads(kubectl("config", "view", "--raw", "--minify", "--flatten", "--output=json"))
    config["users"] = [{"name": account, "user": {"token": token}}]
    config["contexts"][0]["context"]["user"] = account
    assert base64.b64decode(config["clusters"][0]["cluster"]["certificate-authority-data"])
    file = folder / "kubeconfig"
    file.write_text(json.dumps(config))
    return file


def _bound_claim(kubectl: Kubectl) -> Json:
    claim = kubectl.item("pvc", "data", f"--namespace={_NAME}")
    return claim if claim["status"]["phase"] == "Bound" else {}


def _user_of_a_volume() -> list[Json]:
    container = {"name": "sleep", "image": "busybox", "volumeMounts": [{"name": "data", "mountPath": "/data"}]}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": _NAME}},
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": _NAME, "annotations": {"defaultVolumeType": "local"}},
            "provisioner": _PROVISIONER,
            "reclaimPolicy": "Delete",
            "volumeBindingMode": "WaitForFirstConsumer",
        },
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": "data", "namespace": _NAME},
            "spec": {"storageClassName": _NAME, "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
        },
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "user", "namespace": _NAME},
            "spec": {
                "containers": [container],
                "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
            },
        },
    ]

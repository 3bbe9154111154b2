"""The class of a load balancer, which Kubernetes never changes: what the server says, and the way of the operator's page."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.cluster.installations import Installations
from tests.rendering import render
from tests.rig.kube import Json, Kubectl
from tests.rig.workspace import blocks

_PARSER = ("service", "parser", "--namespace=services")
_CLEANUP = '{"metadata": {"finalizers": ["service.kubernetes.io/load-balancer-cleanup"]}}'


def _write(folder: Path, load_balancer_class: str) -> None:
    """The parser's Service, behind a load balancer of this class, as the whole of dist/."""
    parser = {"service_type": "LoadBalancer", "load_balancer_class": load_balancer_class}
    objects = render({"services": {"parser": parser}}).objects
    service = objects.one("Service", "services", "parser")
    [namespace] = [each for each in objects.of_kind("Namespace") if each["metadata"]["name"] == "services"]
    (folder / "dist").mkdir(exist_ok=True)
    (folder / "dist" / "60-services.k8s.yaml").write_text(yaml.safe_dump_all([namespace, service]))


@pytest.fixture
def applied(installations: Installations, kubectl: Kubectl, tmp_path: Path) -> Iterator[Path]:
    """Where its dist/ is."""
    installations.clear()
    _write(tmp_path, "example.test/one")
    kubectl("apply", f"--filename={tmp_path / 'dist'}")
    try:
        yield tmp_path
    finally:
        kubectl("delete", "--ignore-not-found", f"--filename={tmp_path / 'dist'}")


def _live(kubectl: Kubectl) -> Json:
    return kubectl.item(*_PARSER)


def test_the_class_of_a_load_balancer_is_changed(applied: Path, kubectl: Kubectl) -> None:
    """An apply is refused; the page's commands get there, though nobody removes what the Service waits for."""
    kubectl("patch", *_PARSER, "--type=merge", f"--patch={_CLEANUP}")  # as the controller of a cloud does
    _write(applied, "example.test/two")
    refused = kubectl.run("apply", f"--filename={applied / 'dist'}")
    assert refused.returncode != 0
    assert 'spec.loadBalancerClass: Invalid value: "example.test/two": may not change once set' in refused.stderr
    delete, patch, apply = blocks("Change the class of a load balancer")
    shell = ("bash", "-euo", "pipefail", "-c")
    with subprocess.Popen([*shell, delete], env=kubectl.environment, cwd=applied) as deleting:
        try:
            kubectl.until("the Service to wait", lambda: _live(kubectl)["metadata"].get("deletionTimestamp"))
            assert deleting.poll() is None
        finally:  # else nothing after this ends
            subprocess.run([*shell, patch], env=kubectl.environment, cwd=applied, check=True)
        assert deleting.wait() == 0
    subprocess.run([*shell, apply], env=kubectl.environment, cwd=applied, check=True)
    assert _live(kubectl)["spec"]["loadBalancerClass"] == "example.test/two"

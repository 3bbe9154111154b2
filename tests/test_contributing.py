"""CONTRIBUTING.md holds: its example is run."""

import re
from pathlib import Path

from cdk8s import App

from mgmtcluster import rules

CONTRIBUTING = Path(__file__).parent.parent / "CONTRIBUTING.md"


def test_a_registry_is_added_from_outside_in_ten_lines() -> None:
    """The documented example declares networks-registry-svc, with a user of its own in the registries' database."""
    [code] = re.findall(r"```python\n(.*?)```", CONTRIBUTING.read_text(), re.DOTALL)
    lines = [line for line in code.splitlines() if line and not line.startswith("from ")]
    assert len(lines) <= 10
    app = App()
    exec(code, {"app": app})
    objects = {(each["kind"], each["metadata"]["name"]): each for each in rules.objects_of(app)}
    assert objects["Service", "networks-registry-svc"]["spec"]["ports"][0]["nodePort"] == 30113
    assert objects["Deployment", "networks-registry-svc"]["metadata"]["namespace"] == "registries"
    [job] = [each for (kind, name), each in objects.items() if kind == "Job" and name.startswith("registry-init-client-")]
    [container] = job["spec"]["template"]["spec"]["containers"]
    [users] = [variable["value"] for variable in container["env"] if variable["name"] == "USERS"]
    assert '{"user":"networks-registry-svc","roles":[{"role":"readWrite","db":"vdags"}]}' in users

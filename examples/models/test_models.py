"""What the example declares."""

import subprocess
import sys
from pathlib import Path

import yaml

APP = Path(__file__).with_name("app.py")


def test_the_app_declares_a_registry_on_its_own_database_that_reads_ours(tmp_path: Path) -> None:
    """Run as its README says, it writes one file with the objects that it promises."""
    subprocess.run([sys.executable, APP], check=True, cwd=tmp_path)
    [file] = (tmp_path / "dist").iterdir()
    objects = {(each["kind"], each["metadata"]["name"]): each for each in yaml.safe_load_all(file.read_text())}
    assert {each["metadata"].get("namespace", "ml") for each in objects.values()} == {"ml"}
    [container] = objects["Deployment", "models"]["spec"]["template"]["spec"]["containers"]
    env = {variable["name"]: variable.get("value") for variable in container["env"]}
    assert env["BLOCKS_URL"] == "http://blocks-db-svc.registries.svc.cluster.local:3001"
    assert "models-db-2.models-db.ml.svc.cluster.local:27017/models?" in str(env["MONGO_URL"])
    assert objects["StatefulSet", "models-db"]["spec"]["replicas"] == 3
    assert objects["Service", "models"]["spec"]["ports"][0]["nodePort"] == 30410
    egress = objects["NetworkPolicy", "models"]["spec"]["egress"]
    assert any(rule["ports"] == [{"port": 3001, "protocol": "TCP"}] for rule in egress)

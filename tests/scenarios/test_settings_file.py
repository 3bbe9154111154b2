"""The platform of one settings file."""

from pathlib import Path

from cdk8s import App, YamlOutputType
from syrupy.assertion import SnapshotAssertion

from mgmtcluster import ManagementCluster, Settings
from tests.scenarios.conftest import YamlBeside, difference

TEXT = """
metrics_database: {storage: 20Gi, memory: 4Gi}
services:
  parser:
    replicas: 3
    env: {LOG_LEVEL: debug}
"""


def rendered(settings: Settings) -> str:
    """All manifests of these settings."""
    app = App(yaml_output_type=YamlOutputType.FILE_PER_CHART)
    ManagementCluster(app, settings=settings)
    return str(app.synth_yaml())


def test_settings_file(plain_scripts: None, snapshot: SnapshotAssertion, tmp_path: Path) -> None:  # noqa: ARG001
    """What it changes of the defaults: the StatefulSet of a database and the Deployment of a service, and nothing else."""
    file = tmp_path / "settings.yaml"
    file.write_text(TEXT)
    assert difference(rendered(Settings.load(file)), rendered(Settings())) == snapshot(extension_class=YamlBeside)

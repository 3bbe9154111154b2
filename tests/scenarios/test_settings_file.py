"""The platform of one settings file."""

from pathlib import Path

from cdk8s import App, YamlOutputType
from syrupy.assertion import SnapshotAssertion

from mgmtcluster import ManagementCluster, Settings
from mgmtcluster.testing import Manifests, render

TEXT = """
metrics_database: {storage: 20Gi, memory: 4Gi}
services:
  parser:
    replicas: 3
    env: {LOG_LEVEL: debug}
"""


def rendered(settings: Settings) -> Manifests:
    """All manifests of these settings."""
    app = App(yaml_output_type=YamlOutputType.FILE_PER_CHART)
    ManagementCluster(app, settings=settings)
    return render(app)


def test_settings_file(plain_scripts: None, yaml_snapshot: SnapshotAssertion, tmp_path: Path) -> None:  # noqa: ARG001
    """What it changes of the defaults: the StatefulSet of a database and the Deployment of a service, and nothing else."""
    file = tmp_path / "settings.yaml"
    file.write_text(TEXT)
    assert rendered(Settings.load(file)).without(rendered(Settings())) == yaml_snapshot

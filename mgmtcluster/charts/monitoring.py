"""What the Prometheus operator reads, beside the phases: an app and a folder of its own, since not every cluster has one."""

from pathlib import Path

from cdk8s import App, YamlOutputType
from constructs import Construct

from mgmtcluster import catalog, rules
from mgmtcluster.charts.phase_chart import PhaseChart
from mgmtcluster.charts.phases import PHASES, Phase, Wave
from mgmtcluster.constructs.database.alerts import DatabaseAlerts
from mgmtcluster.output import staged
from mgmtcluster.settings import Settings


class Monitoring:
    """Define the ServiceMonitors and PrometheusRules of all databases in an app of their own: a chart a database.

    Args:
        app: the cdk8s app.
        settings: what differs for this cluster.

    Attributes:
        alerts: the alerts of each database, by its name.
    """

    def __init__(self, app: Construct, *, settings: Settings) -> None:
        databases = [(phase, phase.database) for phase in PHASES if phase.database]
        self.alerts = {database.name: _alerts(app, phase, database, settings) for phase, database in databases}
        rules.enforce(app)


def synth_monitoring(output: str, *, settings: Settings) -> None:
    """Write the monitoring of a cluster whose settings ask for it, into a folder beside ``output``: ``dist-monitoring``.

    A cluster without the Prometheus operator does not know these kinds. The folder is not in ``output``, because Flux and
    others read a folder with all folders in it. Without monitoring, the files of an earlier run are removed.

    Raises:
        InvalidInput: the folder cannot be written to.
    """
    with staged(_beside(Path(output))) as folder:
        if settings.monitoring:
            app = App(outdir=folder, yaml_output_type=YamlOutputType.FILE_PER_CHART)
            Monitoring(app, settings=settings)
            app.synth()


def _beside(output: Path) -> Path:
    named = output if output.name not in ("", "..") else output.resolve()
    return Path(f"{named}-monitoring")


def _alerts(app: Construct, phase: Phase, database: catalog.PlatformDatabase, settings: Settings) -> DatabaseAlerts:
    wanted = settings.database(database)
    return DatabaseAlerts(
        PhaseChart(app, phase, settings=settings, wave=Wave.CLAIMS),
        database.name,
        database=database.name,
        namespace=database.namespace,
        members=wanted.members,
        backup_schedule=wanted.backup.schedule if wanted.backup else None,
        drill_schedule=wanted.backup.drill_schedule if wanted.backup else None,
    )

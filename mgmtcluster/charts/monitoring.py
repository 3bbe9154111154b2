"""What Prometheus' operator reads, beside the phases: an app and a folder of its own, since not every cluster has one."""

from cdk8s import App, YamlOutputType
from constructs import Construct

from mgmtcluster import catalog, rules
from mgmtcluster.charts.phase import Phase, Wave
from mgmtcluster.constructs.database.alerts import DatabaseAlerts
from mgmtcluster.output import MONITORING_FOLDER
from mgmtcluster.settings import Settings

_PHASES = {catalog.REGISTRY: "10-registry-database", catalog.METRICS_DB: "40-metrics-database"}


class Monitoring:
    """Define the ServiceMonitors and PrometheusRules of both databases in an app of their own: a chart a database.

    Args:
        app: the cdk8s app.
        settings: what differs for this cluster.

    Attributes:
        alerts: the alerts of each database, by its name.
    """

    def __init__(self, app: Construct, *, settings: Settings) -> None:
        self.alerts = {what.name: _alerts(app, what, settings=settings) for what in catalog.REPLICA_SETS}
        rules.enforce(app)


def synth_monitoring(folder: str, *, settings: Settings) -> None:
    """Write the monitoring of a cluster whose settings ask for it, into a folder of its own below ``folder``.

    ``kubectl apply -f`` does not read that one: a cluster without Prometheus' operator does not know these kinds.
    """
    if settings.monitoring:
        app = App(outdir=f"{folder}/{MONITORING_FOLDER}", yaml_output_type=YamlOutputType.FILE_PER_CHART)
        Monitoring(app, settings=settings)
        app.synth()


def _alerts(app: Construct, what: catalog.ReplicaSet, *, settings: Settings) -> DatabaseAlerts:
    given = settings.database(what)
    return DatabaseAlerts(
        Phase(app, _PHASES[what], wave=Wave.CLAIMS),
        what.name,
        database=what.name,
        namespace=what.namespace,
        members=given.members,
        backup_schedule=given.backup.schedule if given.backup else None,
        drill_schedule=given.backup.drill_schedule if given.backup else None,
    )

"""What Prometheus watches of a replicated database, and when somebody must be told."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Final

from constructs import Construct
from pydantic import Field

from mgmtcluster.constructs.database.backup import BACKUP, DRILL
from mgmtcluster.constructs.database.monitoring import METRICS_PORT
from mgmtcluster.constructs.parts.objects import Json, Manifest
from mgmtcluster.constructs.parts.workload import Workload
from mgmtcluster.databases.replica_set import ReplicaSet
from mgmtcluster.edges import place
from mgmtcluster.kinds.checking import checked
from mgmtcluster.kinds.names import Name
from mgmtcluster.kinds.schedules import Schedule, longest_gap

_API_VERSION: Final = "monitoring.coreos.com/v1"
_COMPONENT: Final = "monitoring"
_LAG_SECONDS: Final = 60


class DatabaseAlerts(Construct):
    """Define a ServiceMonitor of a replicated database's exporter, and a PrometheusRule with alerts.

    Metrics of members are those of percona/mongodb_exporter 0.40 to 0.44 with ``--collector.replicasetstatus``; metrics of Jobs
    are those of kube-state-metrics 2.

    Args:
        database: name of the replicated database.
        namespace: its namespace.
        members: number of members it should have.
        backup_schedule: when it is dumped. Default: never, and there are no alerts about dumps.
        drill_schedule: when its newest dump is tried.

    Attributes:
        service_monitor: the ServiceMonitor.
        rule: the PrometheusRule; the default child.

    Raises:
        InvalidInput: an argument cannot be used.
    """

    @checked
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        database: Name,
        namespace: Name,
        members: Annotated[int, Field(ge=1, le=7)],
        backup_schedule: Schedule | None = None,
        drill_schedule: Schedule | None = None,
    ) -> None:
        super().__init__(scope, id)
        place(self, scope)
        replica_set = ReplicaSet(name=database, namespace=namespace, members=members)
        workload = Workload(self, replica_set.exporter, _COMPONENT)
        endpoint = {"port": METRICS_PORT, "interval": "30s", "scrapeTimeout": "10s"}
        spec = {"selector": {"matchLabels": workload.selector}, "endpoints": [endpoint]}
        self.service_monitor = Manifest(self, "service-monitor", _custom("ServiceMonitor", workload, spec))
        rules = [*_member_rules(replica_set)]
        if backup_schedule:
            rules += _run_rules("Backup", "dump", f"{database}-{BACKUP}", namespace, backup_schedule)
        if drill_schedule:
            rules += _run_rules("RestoreDrill", "restore drill", f"{database}-{DRILL}", namespace, drill_schedule)
        groups = [{"name": f"{namespace}.{database}", "rules": rules}]
        self.rule = Manifest(self, "rule", _custom("PrometheusRule", workload, {"groups": groups}))
        self.node.default_child = self.rule


def _custom(kind: str, workload: Workload, spec: Json) -> Json:
    """An object of a kind of Prometheus' operator, which a cluster may not know."""
    return {"apiVersion": _API_VERSION, "kind": kind, "metadata": workload.metadata(), "spec": spec}


def _rule(alert: str, expression: str, summary: str, *, lasting: str, severity: str) -> Json:
    return {
        "alert": alert,
        "expr": expression,
        "for": lasting,
        "labels": {"severity": severity},
        "annotations": {"summary": summary},
    }


def _member_rules(replica_set: ReplicaSet) -> Iterator[Json]:
    where, members = str(replica_set.peer), replica_set.members
    exporter = f'namespace="{replica_set.namespace}",service="{replica_set.exporter.name}"'
    state, optime = f"mongodb_members_state{{{exporter}}}", f"mongodb_members_optimeDate{{{exporter},member_state="
    yield _rule(
        "ReplicaSetMembersNotAsDesired",
        # 1 is PRIMARY, 2 is SECONDARY.
        f"count by (pod) ({state} == 1 or {state} == 2) != {members} or count by (pod) ({state}) != {members}",
        f"{where} should have {members} members that are primary or secondary, and has {{{{ $value }}}}",
        lasting="10m",
        severity="warning",
    )
    yield _rule(
        "ReplicaSetHasNoPrimary",
        # An exporter that tells nothing counts: it asks the primary.
        f"absent({state} == 1)",
        f"{where} has no primary, or its exporter cannot tell: nothing can be written",
        lasting="2m",
        severity="critical",
    )
    yield _rule(
        "ReplicaSetLags",
        f'(max by (pod) ({optime}"PRIMARY"}}) - on (pod) group_right {optime}"SECONDARY"}}) / 1000 > {_LAG_SECONDS}',
        f"{where}: {{{{ $labels.member_idx }}}} is {{{{ $value }}}} seconds behind the primary",
        lasting="5m",
        severity="warning",
    )
    jobs = f'namespace="{replica_set.namespace}",job_name=~"{replica_set.init_client.name}-[0-9a-f]{{8}}"'
    yield _rule(
        "ReplicaSetNotConverged",
        # Of the Jobs of several templates the newest one counts.
        f"kube_job_status_succeeded{{{jobs}}} == 0 and on (namespace, job_name) topk(1, kube_job_created{{{jobs}}})",
        f"{where} is not as it should be: the Job {{{{ $labels.job_name }}}} has not succeeded, and its log says why",
        lasting="1h",
        severity="warning",
    )


def _run_rules(alert: str, what: str, cron_job: str, namespace: str, schedule: str) -> Iterator[Json]:
    """Two alerts: the newest run failed; none succeeded in the time in which two should have."""
    runs = f'namespace="{namespace}",cronjob="{cron_job}"'
    jobs = f'namespace="{namespace}",job_name=~"{cron_job}-[0-9]+"'
    # Before the first success, since there is something to run.
    succeeded = f"(kube_cronjob_status_last_successful_time{{{runs}}} or on (namespace, cronjob) kube_cronjob_created{{{runs}}})"
    failed = f'kube_job_status_start_time{{{jobs}}} and on (namespace, job_name) kube_job_failed{{{jobs},condition="true"}} == 1'
    gap = longest_gap(schedule)
    yield _rule(
        f"{alert}Failed",
        f"max by (namespace) ({failed}) > max by (namespace) {succeeded}",
        f"{namespace}/{cron_job}: the {what} failed, and none has succeeded since; the log of its pod says why",
        lasting="1m",
        severity="critical",
    )
    yield _rule(
        f"{alert}TooOld",
        f"time() - {succeeded} > {2 * gap // timedelta(seconds=1)}",
        f"{namespace}/{cron_job}: no {what} has succeeded for {{{{ $value | humanizeDuration }}}}",
        lasting="10m",
        severity="critical",
    )

"""CronJobs whose pods are as hardened as every other pod here."""

from collections.abc import Mapping, Sequence
from typing import Final

from mgmtcluster.constructs.parts.objects import Manifest, k8s
from mgmtcluster.constructs.parts.outward import record_outside
from mgmtcluster.constructs.parts.workload import Workload
from mgmtcluster.kinds.containers import DEFAULT_USER, Outside

#: A run that could not start in time, as with the controller away, is made up for within this; later it is left out.
_STARTING_DEADLINE_SECONDS: Final = 3600

#: A run that hangs must end at some time, or no later one ever starts.
_ACTIVE_DEADLINE_SECONDS: Final = 6 * 3600


def cron_job(
    workload: Workload,
    *,
    schedule: str,
    suspended: bool = False,
    retries: int,
    containers: Sequence[k8s.Container],
    volumes: Sequence[k8s.Volume],
    outside: Sequence[Outside] = (),
    account_annotations: Mapping[str, str] | None = None,
) -> Manifest:
    """Define a CronJob, its ServiceAccount without a token, and a NetworkPolicy of its edges.

    Args:
        workload: its pods; the CronJob has their name.
        schedule: the five fields of cron, in UTC.
        suspended: it never runs by itself: it is a template to make Jobs from.
        retries: how often a run that failed is tried again.
        containers: they run one after the other.
        volumes: what they mount.
        outside: hosts outside the cluster that they connect to.
        account_annotations: annotations of the ServiceAccount.
    """
    workload.service_account(account_annotations)
    record_outside(workload, outside)
    workload.network_policy()
    *first, last = containers
    pods = workload.pod_template(
        # A pod that failed stays, and its log with it.
        restart_policy="Never",
        user=DEFAULT_USER,
        init_containers=first,
        containers=[last],
        volumes=list(volumes),
    )
    return scheduled(workload, schedule=schedule, suspended=suspended, retries=retries, template=pods)


def scheduled(
    workload: Workload, *, schedule: str, suspended: bool = False, retries: int, template: k8s.PodTemplateSpec
) -> Manifest:
    """Define the CronJob of these pods; arguments as of ``cron_job``."""
    spec = k8s.CronJobSpec(
        schedule=schedule,
        # Else it is whatever zone the controller happens to run in.
        time_zone="Etc/UTC",
        suspend=suspended,
        # Two dumps, or two restores, at a time would read and write the same files.
        concurrency_policy="Forbid",
        starting_deadline_seconds=_STARTING_DEADLINE_SECONDS,
        successful_jobs_history_limit=3,
        failed_jobs_history_limit=3,
        job_template=k8s.JobTemplateSpec(
            spec=k8s.JobSpec(backoff_limit=retries, active_deadline_seconds=_ACTIVE_DEADLINE_SECONDS, template=template)
        ),
    )
    return Manifest(workload.scope, "cron-job", k8s.KubeCronJobProps(metadata=workload.metadata(), spec=spec))

"""CronJobs whose pods are as hardened as every other pod here."""

from collections.abc import Sequence
from typing import Final

from constructs import Construct

from mgmtcluster.constructs.parts import pods as _pods
from mgmtcluster.constructs.parts.network_policy import workload_policy
from mgmtcluster.constructs.parts.objects import k8s, metadata, pod_labels
from mgmtcluster.edges import Peer
from mgmtcluster.kinds.containers import DEFAULT_USER, Outside

#: A run that could not start in time, as with the controller away, is made up for within this; later it is left out.
_STARTING_DEADLINE_SECONDS: Final = 3600

#: A run that hangs must end at some time, or no later one ever starts.
_ACTIVE_DEADLINE_SECONDS: Final = 6 * 3600


def cron_job(
    scope: Construct,
    id: str,
    *,
    peer: Peer,
    component: str,
    schedule: str,
    suspended: bool = False,
    retries: int,
    containers: Sequence[k8s.Container],
    volumes: Sequence[k8s.Volume],
    outside: Sequence[Outside] = (),
    cluster_cidrs: Sequence[str] = (),
    image_pull_secrets: Sequence[str],
) -> k8s.KubeCronJob:
    """Define a CronJob, its ServiceAccount without a token, and a NetworkPolicy of its edges.

    Args:
        suspended: it never runs by itself: it is a template to make Jobs from.
        retries: how often a run that failed is tried again.
        containers: they run one after the other.
    """
    within = Construct(scope, id)

    def describe() -> k8s.ObjectMeta:
        return metadata(within, name=peer.name, namespace=peer.namespace, workload=peer.name, component=component)

    k8s.KubeServiceAccount(within, "service-account", metadata=describe(), automount_service_account_token=False)
    workload_policy(within, "network-policy", peer=peer, component=component, outside=outside, cluster_cidrs=cluster_cidrs)
    return k8s.KubeCronJob(
        within,
        "cron-job",
        metadata=describe(),
        spec=k8s.CronJobSpec(
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
                spec=k8s.JobSpec(
                    backoff_limit=retries,
                    active_deadline_seconds=_ACTIVE_DEADLINE_SECONDS,
                    template=k8s.PodTemplateSpec(
                        metadata=k8s.ObjectMeta(labels=pod_labels(within, workload=peer.name, component=component)),
                        spec=_pod_spec(peer.name, containers, volumes, image_pull_secrets),
                    ),
                )
            ),
        ),
    )


def _pod_spec(
    name: str, containers: Sequence[k8s.Container], volumes: Sequence[k8s.Volume], image_pull_secrets: Sequence[str]
) -> k8s.PodSpec:
    *first, last = containers
    return _pods.pod_spec(
        service_account=name,
        # A pod that failed stays, and its log with it.
        restart_policy="Never",
        user=DEFAULT_USER,
        image_pull_secrets=image_pull_secrets,
        init_containers=first or None,
        containers=[last],
        volumes=list(volumes),
    )

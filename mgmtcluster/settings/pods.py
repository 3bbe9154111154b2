"""What the settings say of objects and pods: of all, of one database's, of one service's."""

from pydantic import Field

from mgmtcluster.kinds.keys import FreeKey
from mgmtcluster.kinds.names import LabelKey, LabelValue, ObjectName
from mgmtcluster.kinds.pods import Pods, PullPolicy, Ratios, Toleration
from mgmtcluster.settings.model import Model


class MetadataSettings(Model):
    """Labels and annotations of objects themselves."""

    labels: dict[FreeKey, LabelValue] = Field(default={}, description="Labels.")
    annotations: dict[FreeKey, str] = Field(default={}, description="Annotations.")


class PodsSettings(Model):
    """What some pods get over the platform's: mappings are merged, tolerations added, the rest is replaced where set."""

    labels: dict[FreeKey, LabelValue] = Field(default={}, description="Labels of the pods. No selector reads them.")
    annotations: dict[FreeKey, str] = Field(default={}, description="Annotations of the pods.")
    node_selector: dict[LabelKey, LabelValue] = Field(default={}, description="Labels of the nodes that they may run on.")
    tolerations: list[Toleration] = Field(
        default=[], description="Taints of nodes that do not keep them away, as Kubernetes writes them."
    )
    priority_class: ObjectName | None = Field(
        default=None, description="Their PriorityClass, which exists. Default: the platform's, else the cluster's default."
    )
    image_pull_policy: PullPolicy | None = Field(
        default=None,
        description="For every container. Default: the platform's, else `Always` for a tag of the platform's own images, "
        "`IfNotPresent` for a digest and for images of other projects.",
    )
    max_limit_request_ratio: Ratios = Field(
        default={},
        description="The most that a container's limit of `cpu` or `memory` may be of its request, as a LimitRange says it. "
        "Requests are raised to it. Default: any.",
    )

    @property
    def pods(self) -> Pods:
        """The same, as constructs take it."""
        return Pods(**dict(self))


class PlatformPodsSettings(PodsSettings):
    """What every pod gets: of services, databases, Jobs and CronJobs, of the storage provisioner and its helpers."""

    node_selector: dict[LabelKey, LabelValue] = Field(
        default={"kubernetes.io/os": "linux"}, description="Labels of the nodes that they may run on."
    )

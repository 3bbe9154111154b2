"""A chart that is one phase of the installation."""

from typing import Any, Final

from cdk8s import ApiObject, Chart
from constructs import Construct

from mgmtcluster.charts.phases import PART_OF, Phase, Wave
from mgmtcluster.constructs.parts.context import Context, set_context
from mgmtcluster.constructs.parts.declared import declared
from mgmtcluster.constructs.parts.objects import Manifest
from mgmtcluster.edges import scopes_of
from mgmtcluster.kinds.pods import Pods
from mgmtcluster.settings import Settings

#: Annotations of what holds data: Argo CD neither prunes nor deletes it unasked.
KEPT: Final = {"argocd.argoproj.io/sync-options": "Prune=confirm,Delete=confirm"}


class PhaseChart(Chart):
    """One phase: one file of ``dist/``, one sync wave.

    Args:
        phase: which one.
        settings: what differs for this cluster; what all constructs share of it is set as their context.
        pods: what its pods get over those of the settings. Default: nothing more.
        wave: when Argo CD applies it. Default: the phase's.
    """

    def __init__(
        self, scope: Construct, phase: Phase, *, settings: Settings, pods: Pods = Pods(), wave: Wave | None = None
    ) -> None:
        super().__init__(
            scope,
            phase.id,
            disable_resource_name_hashes=True,
            labels={"app.kubernetes.io/part-of": PART_OF, "app.kubernetes.io/managed-by": "cdk8s"},
        )
        context = Context(
            labels=settings.metadata.labels,
            annotations={**settings.metadata.annotations, **in_wave(phase.wave if wave is None else wave)},
            image_pull_secrets=settings.image_pull_secrets,
            cluster=settings.cluster.facts,
            node_address=settings.node_address,
            pods=pods.over(settings.pods.pods),
        )
        set_context(self, context)

    def to_json(self) -> Any:
        """All its manifests, in the order in which they are declared.

        They cross to Node.js together: one by one, each would take a call of its own. Where an object is somebody else's, cdk8s
        collects them as it does for every chart.
        """
        objects = [item for item in declared(self).constructs if isinstance(item, ApiObject) and self in scopes_of(item)]
        if all(isinstance(item, Manifest) for item in objects):
            return [item.to_json() for item in objects]
        return super().to_json()


def in_wave(wave: Wave) -> dict[str, str]:
    """The annotation that puts an object into a wave."""
    return {"argocd.argoproj.io/sync-wave": str(int(wave))}

"""A chart that is one phase of the installation."""

from enum import IntEnum
from typing import Final

from cdk8s import Chart
from constructs import Construct

PART_OF: Final = "mgmtcluster"


class Wave(IntEnum):
    """Argo CD's order, coarser than the files': it waits until a wave is healthy, and no service needs another to start."""

    PLATFORM = 0
    DATABASES = 10
    SERVICES = 20
    CLAIMS = 30


#: Annotations of what holds data: Argo CD neither prunes nor deletes it unasked.
KEPT: Final = {"argocd.argoproj.io/sync-options": "Prune=confirm,Delete=confirm"}


class Phase(Chart):
    """One phase: one file of ``dist/``, named by the id, whose number kubectl follows; one sync wave, which Argo CD follows.

    Attributes:
        object_annotations: annotations of every object in it.
    """

    def __init__(self, scope: Construct, id: str, *, wave: Wave) -> None:
        super().__init__(
            scope,
            id,
            disable_resource_name_hashes=True,
            labels={"app.kubernetes.io/part-of": PART_OF, "app.kubernetes.io/managed-by": "cdk8s"},
        )
        self.object_annotations = {"argocd.argoproj.io/sync-wave": str(int(wave))}

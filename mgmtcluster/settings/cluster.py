"""The settings that say what is true of the cluster."""

from collections.abc import Iterable, Mapping, Set
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field

from mgmtcluster.kinds.cluster import Cluster, range_problems
from mgmtcluster.kinds.network import Cidr, Domain
from mgmtcluster.settings.model import Model, unique

#: flannel's pods and kubeadm's Services.
_DEFAULT_CIDRS: Final = ["10.244.0.0/16", "10.96.0.0/12"]


class ClusterSettings(Model):
    """What is true of the cluster."""

    domain: Domain = Field(default=Cluster.domain, description="The domain of its own DNS names.")
    cidrs: Annotated[list[Cidr], AfterValidator(unique)] = Field(
        default=_DEFAULT_CIDRS, description="Ranges of pods and Services, which are not outside the cluster."
    )

    @classmethod
    def _cross_field_problems(cls, fields: Mapping[str, Any], wrong: Set[str], /) -> Iterable[str]:
        """Facts that no cluster has."""
        return range_problems(fields["cidrs"]) if "cidrs" not in wrong else ()

    @property
    def facts(self) -> Cluster:
        """The facts, as constructs take them."""
        return Cluster(domain=self.domain, cidrs=self.cidrs)

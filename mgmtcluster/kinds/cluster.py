"""Facts of the cluster that an app is installed in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mgmtcluster.kinds.checking import check_fields
from mgmtcluster.kinds.errors import InvalidInput
from mgmtcluster.kinds.network import Cidr, Domain


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """What is true of the cluster. A fact that is not passed is that of a cluster as kubeadm makes it.

    Args:
        domain: the domain of its own DNS names. Default: ``cluster.local``.
        cidrs: ranges of its own pods and Services, which are not outside. Default: none.

    Raises:
        InvalidInput: a value that no cluster has.
    """

    domain: Domain = "cluster.local"
    cidrs: Sequence[Cidr] = ()

    def __post_init__(self) -> None:
        check_fields(self, where="Cluster")
        problems = [f"Cluster: {problem}" for problem in range_problems(self.cidrs)]
        if problems:
            raise InvalidInput(problems)


def range_problems(cidrs: Sequence[str]) -> Iterator[str]:
    """What is wrong with these ranges of a cluster's own, as ``field: words``."""
    for cidr in cidrs:
        if cidr.endswith("/0"):
            yield f"cidrs: {cidr!r} is every address; write the cluster's own"

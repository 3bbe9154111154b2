"""What all constructs below an app or a chart share, said once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Annotated, Any
from weakref import WeakKeyDictionary, WeakSet

from cdk8s import Chart
from constructs import Construct, IConstruct
from pydantic import AfterValidator

from mgmtcluster.edges import same, scopes_of
from mgmtcluster.kinds.checking import check_fields, unique
from mgmtcluster.kinds.cluster import Cluster
from mgmtcluster.kinds.errors import InvalidInput
from mgmtcluster.kinds.keys import FreeKey
from mgmtcluster.kinds.names import LabelKey, LabelValue, ObjectName
from mgmtcluster.kinds.network import HostAddress
from mgmtcluster.kinds.pods import Pods


@dataclass(frozen=True, kw_only=True)
class Context:
    """What all constructs below an app or a chart share.

    Args:
        labels: of every object itself, not of pods and in no selector. Default: none.
        annotations: of every object itself. Default: none.
        pods: what every pod gets, over what the levels above say. Default: nothing.
        image_pull_secrets: names of Secrets for the image registry, in every namespace with pods. Default: none.
        cluster: facts of the cluster, all of them together. Default: those of ``Cluster()``.
        node_address: address of the nodes for clients outside. Default: the IP of each pod's node.

    Raises:
        InvalidInput: a value that Kubernetes would not accept.
    """

    labels: Mapping[FreeKey, LabelValue] = field(default_factory=dict)
    annotations: Mapping[LabelKey, str] = field(default_factory=dict)
    image_pull_secrets: Annotated[Sequence[ObjectName], AfterValidator(unique)] = ()
    cluster: Cluster = Cluster()
    node_address: HostAddress | None = None
    pods: Pods = Pods()

    def __post_init__(self) -> None:
        check_fields(self, where="Context")


@dataclass(frozen=True)
class Surroundings:
    """What a construct finds above itself.

    Attributes:
        context: what it shares with others.
        labels: labels of its chart, which cdk8s puts on objects and not on pods.
        namespace: namespace of its chart, where that has one.
    """

    context: Context
    labels: Mapping[str, str]
    namespace: str | None


_NOTHING = Context()
_contexts: "WeakKeyDictionary[IConstruct, Context]" = WeakKeyDictionary()
_charts: "WeakKeyDictionary[IConstruct, tuple[Mapping[str, str], str | None]]" = WeakKeyDictionary()
_surroundings: "WeakKeyDictionary[IConstruct, Surroundings]" = WeakKeyDictionary()
_asked: "WeakSet[IConstruct]" = WeakSet()


def set_context(scope: Construct, context: Context) -> None:
    """Share this with all constructs below an app, a chart or a construct; call it before they are made.

    What a level does not say, the level above it says; ``pods`` are merged.

    Raises:
        InvalidInput: a construct below has asked for its context already.
    """
    level = same(scope)
    if level in _asked:
        raise InvalidInput([f"{scope.node.path or 'the app'}: set_context: comes after a construct below; call it before"])
    _contexts[level] = context


def surroundings_of(scope: Construct) -> Surroundings:
    """What ``scope`` finds above itself; kept, because finding it takes calls to the Node.js that runs cdk8s."""
    if scope not in _surroundings:
        scopes = scopes_of(scope)
        context = _NOTHING
        _asked.update(scopes)
        for level in scopes:
            if level in _contexts:
                context = _over(context, _contexts[level])
        chart = next((level for level in reversed(scopes) if isinstance(level, Chart)), None) or Chart.of(scope)
        if chart not in _charts:
            _charts[chart] = (chart.labels, chart.namespace)
        _surroundings[scope] = Surroundings(context, *_charts[chart])
    return _surroundings[scope]


def _over(general: Context, special: Context) -> Context:
    """The general one with what the special one says."""
    values: dict[str, Any] = {field.name: getattr(special, field.name) for field in fields(special)}
    said = {name: value for name, value in values.items() if value != getattr(_NOTHING, name)}
    return replace(general, **said | ({"pods": special.pods.over(general.pods)} if "pods" in said else {}))


def cluster_of(scope: Construct, below: Iterable[IConstruct]) -> Cluster:
    """The facts that everything below an app or a chart is rendered for.

    Args:
        scope: the app or the chart.
        below: its constructs.

    Raises:
        InvalidInput: they differ: its charts are of several clusters.
    """
    above, inside = (
        [_contexts[level].cluster for level in levels if level in _contexts and _contexts[level].cluster != _NOTHING.cluster]
        for levels in (scopes_of(scope), below)
    )
    clusters = [*above[-1:], *inside] or [_NOTHING.cluster]
    if any(cluster != clusters[0] for cluster in clusters):
        where = scope.node.path or "the app"
        raise InvalidInput([f"{where}: Context: cluster: differs below it; write one, or rules.enforce(chart) for each chart"])
    return clusters[0]


def namespace_of(scope: Construct, namespace: str | None) -> str:
    """The namespace that was passed to a construct; if none was, the namespace of its chart.

    Raises:
        InvalidInput: there is neither.
    """
    found = namespace or surroundings_of(scope).namespace
    if not found:
        raise InvalidInput(
            [f"{scope.node.path}: namespace: is missing, and the chart has none; write namespace=… on one of them"]
        )
    return found

"""NetworkPolicies evaluated as Kubernetes does, over the pods that manifests make."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Final, Literal, get_args

from mgmtcluster.kinds.errors import InvalidInput
from mgmtcluster.kinds.network import Protocol
from mgmtcluster.kinds.peers import Peer
from mgmtcluster.manifests import of_kind
from mgmtcluster.testing.manifests import Manifest
from mgmtcluster.testing.pods import Host, Pod, namespace_of, pods_of

_Direction = Literal["Ingress", "Egress"]

#: The label that every namespace has.
_NAMESPACE_LABEL: Final = "kubernetes.io/metadata.name"

#: The fields of a policy with the rules of a direction, and of a rule with those that it is about.
_FIELDS: Final[Mapping[_Direction, tuple[str, str, str]]] = {
    "Ingress": ("ingress", "from", "from"),
    "Egress": ("egress", "to", "to"),
}


@dataclass(frozen=True)
class Answer:
    """Whether a connection is allowed: true or false.

    Attributes:
        allowed: whether it is.
        why: which policies say so.
    """

    allowed: bool
    why: str

    def __bool__(self) -> bool:
        return self.allowed


def may_connect(
    manifests: Sequence[Manifest], client: Peer | Pod | Host, server: Peer | Pod | Host, port: int, *, protocol: Protocol = "TCP"
) -> Answer:
    """Whether the NetworkPolicies of these manifests let a client connect to a port of a server, in a network that enforces them.

    Both sides count: the client's egress and the server's ingress. It says nothing of whether something listens there.

    Args:
        manifests: the policies, and the pods and namespaces that they select.
        client: who connects: a workload of the manifests, such as ``service.peer``, or a ``Pod`` or ``Host`` outside them.
        server: who is connected to.
        port: the port of the pod, not the one of its Service.
        protocol: ``TCP``, ``UDP`` or ``SCTP``.

    Raises:
        InvalidInput: no pod of the manifests is of that workload, or its pods differ in the answer.
    """
    return Network(manifests).may_connect(client, server, port, protocol=protocol)


class Network:
    """A cluster whose network enforces the NetworkPolicies of these manifests, for tests that ask of many connections."""

    def __init__(self, manifests: Sequence[Manifest]) -> None:
        self._pods = pods_of(manifests)
        self._policies: dict[str, list[Manifest]] = {}
        for policy in of_kind(manifests, "NetworkPolicy"):
            self._policies.setdefault(namespace_of(policy), []).append(dict(policy))
        self._namespaces: dict[str, Mapping[str, str]] = {
            each["metadata"]["name"]: {**(each["metadata"].get("labels") or {}), _NAMESPACE_LABEL: each["metadata"]["name"]}
            for each in of_kind(manifests, "Namespace")
        }

    def may_connect(
        self, client: Peer | Pod | Host, server: Peer | Pod | Host, port: int, *, protocol: Protocol = "TCP"
    ) -> Answer:
        """Whether a connection is made: the client's side and the server's must both allow it."""
        out = self.lets_out(client, server, port, protocol=protocol)
        into = self.lets_in(server, client, port, protocol=protocol)
        if out and into:
            return Answer(True, f"{out.why}; {into.why}")
        return Answer(False, "; ".join(side.why for side in (out, into) if not side))

    def lets_out(self, client: Peer | Pod | Host, server: Peer | Pod | Host, port: int, *, protocol: Protocol = "TCP") -> Answer:
        """Whether the policies on the client's egress allow it."""
        return self._of_all("Egress", client, server, port, protocol)

    def lets_in(self, server: Peer | Pod | Host, client: Peer | Pod | Host, port: int, *, protocol: Protocol = "TCP") -> Answer:
        """Whether the policies on the server's ingress allow it."""
        return self._of_all("Ingress", server, client, port, protocol)

    def _of_all(
        self, direction: _Direction, subject: Peer | Pod | Host, other: Peer | Pod | Host, port: int, protocol: Protocol
    ) -> Answer:
        """The one answer of all pods that a workload has."""
        known = get_args(Protocol)
        if protocol not in known:
            raise InvalidInput([f"protocol: {protocol!r} is none of a policy's; write one of {', '.join(known)}"])
        answers = [
            self._answer(direction, one, another, port, protocol) for one in self._all(subject) for another in self._all(other)
        ]
        first = answers[0]
        different = next((each for each in answers if each.allowed is not first.allowed), None)
        if different:
            raise InvalidInput([f"{subject}, {other}: {first.why}, but {different.why}; name the pods by Peer(…, labels=…)"])
        return first

    def _all(self, who: Peer | Pod | Host) -> Sequence[Pod | Host]:
        if not isinstance(who, Peer):
            return [who]
        found = [pod for pod in self._pods if pod.namespace == who.namespace and who.selector.items() <= pod.labels.items()]
        if not found:
            known = ", ".join(sorted({str(pod) for pod in self._pods}))
            raise InvalidInput([f"{who}: no pod here is of it; write one of {known or 'no workload'}, or Pod(…) or Host(…)"])
        return found

    def _answer(self, direction: _Direction, subject: Pod | Host, other: Pod | Host, port: int, protocol: str) -> Answer:
        """Everything is allowed where no policy selects the subject; else what any rule of any such policy allows."""
        rules, peers, preposition = _FIELDS[direction]
        isolating = self._isolating(direction, subject) if isinstance(subject, Pod) else []
        if not isolating:
            return Answer(True, f"no NetworkPolicy restricts the {rules} of {subject}")
        server = subject if direction == "Ingress" else other
        for policy in isolating:
            for rule in policy["spec"].get(rules) or ():
                if self._is_peer(rule.get(peers), other, namespace_of(policy)) and _is_port(rule, server, port, protocol):
                    return Answer(True, f"NetworkPolicy {_name(policy)} allows the {rules} of {subject}")
        names = ", ".join(_name(policy) for policy in isolating)
        return Answer(
            False, f"no rule of NetworkPolicy {names} allows the {rules} of {subject} {preposition} {other} on {protocol} {port}"
        )

    def _isolating(self, direction: _Direction, subject: Pod) -> list[Manifest]:
        return [
            policy
            for policy in self._policies.get(subject.namespace, ())
            if direction in _types_of(policy["spec"]) and _selects(policy["spec"].get("podSelector"), subject.labels)
        ]

    def _is_peer(self, peers: Sequence[Manifest] | None, other: Pod | Host, namespace: str) -> bool:
        """An empty list of peers, or none, means everybody."""
        return not peers or any(self._matches_peer(peer, other, namespace) for peer in peers)

    def _matches_peer(self, peer: Manifest, other: Pod | Host, namespace: str) -> bool:
        if "ipBlock" in peer:
            return _in_block(peer["ipBlock"], other.address)
        if isinstance(other, Host):
            return False
        labels = self._namespaces.get(other.namespace, {_NAMESPACE_LABEL: other.namespace})
        if "namespaceSelector" in peer:
            right_namespace = _selects(peer["namespaceSelector"], labels)
        else:
            right_namespace = other.namespace == namespace
        return right_namespace and _selects(peer.get("podSelector"), other.labels)


def _name(policy: Manifest) -> str:
    return f"{namespace_of(policy)}/{policy['metadata']['name']}"


def _types_of(spec: Manifest) -> Sequence[str]:
    """Ingress always, and Egress where there are such rules, if the policy does not say."""
    types: Sequence[str] = spec.get("policyTypes") or (["Ingress", "Egress"] if spec.get("egress") else ["Ingress"])
    return types


def _is_port(rule: Manifest, server: Pod | Host, port: int, protocol: str) -> bool:
    """An empty list of ports, or none, means every port."""
    ports = rule.get("ports")
    return not ports or any(_matches_port(each, server, port, protocol) for each in ports)


def _matches_port(entry: Manifest, server: Pod | Host, port: int, protocol: str) -> bool:
    if entry.get("protocol", "TCP") != protocol:
        return False
    first: int | str | None = entry.get("port")
    if first is None:
        return True
    if isinstance(first, str):
        declared = server.ports if isinstance(server, Pod) else ()
        return any((each.name, each.number, each.protocol) == (first, port, protocol) for each in declared)
    return first <= port <= int(entry.get("endPort", first))


def _selects(selector: Manifest | None, labels: Mapping[str, str]) -> bool:
    """Whether a label selector selects these labels; an empty one selects everything."""
    wanted: Mapping[str, str] = (selector or {}).get("matchLabels") or {}
    expressions: Sequence[Manifest] = (selector or {}).get("matchExpressions") or ()
    return wanted.items() <= labels.items() and all(_holds(each, labels) for each in expressions)


def _holds(expression: Manifest, labels: Mapping[str, str]) -> bool:
    key, operator, values = expression["key"], expression["operator"], expression.get("values", ())
    if operator == "In":
        return labels.get(key) in values
    if operator == "NotIn":
        return labels.get(key) not in values
    return bool((key in labels) == (operator == "Exists"))


def _in_block(block: Manifest, address: str) -> bool:
    """Whether an address is in the range and in none of those excepted from it."""
    ip = ip_address(address)
    return ip in ip_network(block["cidr"]) and not any(ip in ip_network(each) for each in block.get("except") or ())

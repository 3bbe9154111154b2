"""What every workload has: metadata, a ServiceAccount without rights, a pod template, a policy of its edges."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from constructs import Construct

from mgmtcluster.constructs.parts.context import Context, surroundings_of
from mgmtcluster.constructs.parts.network_policy import policy_of
from mgmtcluster.constructs.parts.objects import Json, Manifest, k8s, number
from mgmtcluster.constructs.parts.placement import placement, with_given
from mgmtcluster.constructs.parts.pods import version_label
from mgmtcluster.kinds.peers import NAME_LABEL, Peer


@dataclass(frozen=True)
class Workload:
    """Pods of one kind and the objects that belong to them, all with the workload's name and labels.

    Attributes:
        scope: the construct that its objects are made in.
        peer: its pods, as policies select them.
        component: the label ``app.kubernetes.io/component``.
    """

    scope: Construct
    peer: Peer
    component: str

    @cached_property
    def context(self) -> Context:
        """What it shares with all others of its app or chart."""
        return surroundings_of(self.scope).context

    @property
    def selector(self) -> dict[str, str]:
        """The labels that select its pods."""
        return self.peer.selector

    @property
    def labels(self) -> dict[str, str]:
        """The labels of its objects and pods alike: its own, and those of its chart, which cdk8s puts on objects only."""
        return {
            **surroundings_of(self.scope).labels,
            NAME_LABEL: self.peer.name,
            "app.kubernetes.io/instance": self.peer.name,
            "app.kubernetes.io/component": self.component,
        }

    @property
    def object_labels(self) -> dict[str, str]:
        """The labels of its objects themselves."""
        return {**self.context.labels, **self.labels}

    @property
    def pod_labels(self) -> dict[str, str]:
        """The labels of its pods, but for the version of their image."""
        return {**self.labels, **self.context.pods.labels}

    def metadata(
        self,
        name: str | None = None,
        *,
        labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None,
        namespaced: bool = True,
    ) -> k8s.ObjectMeta:
        """Metadata of an object that belongs to it.

        Args:
            name: name of the object. Default: the workload's.
            labels: further labels.
            annotations: further annotations.
            namespaced: False for kinds that have no namespace.
        """
        return k8s.ObjectMeta(
            name=name or self.peer.name,
            namespace=self.peer.namespace if namespaced else None,
            labels={**self.object_labels, **(labels or {})},
            annotations={**self.context.annotations, **(annotations or {})} or None,
        )

    def service_account(self, annotations: Mapping[str, str] | None = None) -> Manifest:
        """Define a ServiceAccount of its name, without rights and without a token."""
        metadata = self.metadata(annotations=annotations)
        props = k8s.KubeServiceAccountProps(metadata=metadata, automount_service_account_token=False)
        return Manifest(self.scope, "service-account", props)

    def config_map(self, id: str, name: str, data: Mapping[str, str]) -> Manifest:
        """Define a ConfigMap."""
        return Manifest(self.scope, id, k8s.KubeConfigMapProps(metadata=self.metadata(name), data=dict(data)))

    def role(self, *rules: k8s.PolicyRule) -> Manifest:
        """Define what its ServiceAccount may do in its own namespace: a Role and its RoleBinding."""
        Manifest(self.scope, "role", k8s.KubeRoleProps(metadata=self.metadata(), rules=list(rules)))
        return Manifest(
            self.scope,
            "role-binding",
            k8s.KubeRoleBindingProps(
                metadata=self.metadata(),
                role_ref=k8s.RoleRef(api_group=RBAC_GROUP, kind="Role", name=self.peer.name),
                subjects=[self.subject],
            ),
        )

    @property
    def subject(self) -> k8s.Subject:
        """Its ServiceAccount, as a binding names it."""
        return k8s.Subject(kind="ServiceAccount", name=self.peer.name, namespace=self.peer.namespace)

    def service(
        self,
        id: str,
        ports: Sequence[k8s.ServicePort],
        *,
        name: str | None = None,
        type: str | None = "ClusterIP",
        labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None,
        **spec: Any,
    ) -> Manifest:
        """Define a Service of its pods; ``spec`` as ``k8s.ServiceSpec`` takes it."""
        spec.setdefault("selector", self.selector)
        if len(self.context.cluster.ip_families) > 1:
            spec["ip_family_policy"] = "PreferDualStack"
        metadata = self.metadata(name, labels=labels, annotations=annotations)
        props = k8s.KubeServiceProps(metadata=metadata, spec=k8s.ServiceSpec(type=type, ports=list(ports), **spec))
        return Manifest(self.scope, id, props)

    def pod_template(
        self,
        *,
        user: int,
        containers: Sequence[k8s.Container],
        init_containers: Sequence[k8s.Container] = (),
        image: str | None = None,
        annotations: Mapping[str, str] | None = None,
        with_token: bool = False,
        **spec: Any,
    ) -> k8s.PodTemplateSpec:
        """Pods with what Pod Security `restricted` asks of them, and volumes that belong to their user's group.

        Args:
            user: user and group of every process in them, but on OpenShift, which gives them others.
            containers: their containers.
            init_containers: those that run before them.
            image: the image whose version is their label. Default: none.
            annotations: their annotations.
            with_token: every container gets a token of the Kubernetes API.
            spec: further fields, as ``k8s.PodSpec`` takes them.
        """
        pull_secrets = [k8s.LocalObjectReference(name=name) for name in self.context.image_pull_secrets]
        given = self.context.pods
        owner = None if self.context.cluster.openshift else user
        return k8s.PodTemplateSpec(
            metadata=k8s.ObjectMeta(
                labels=self.pod_labels | (version_label(image) if image else {}),
                annotations={**given.annotations, **(annotations or {})} or None,
            ),
            spec=k8s.PodSpec(
                service_account_name=self.peer.name,
                automount_service_account_token=with_token,
                enable_service_links=False,
                security_context=k8s.PodSecurityContext(
                    run_as_non_root=True,
                    run_as_user=owner,
                    run_as_group=owner,
                    fs_group=owner,
                    fs_group_change_policy="OnRootMismatch",
                    seccomp_profile=k8s.SeccompProfile(type="RuntimeDefault"),
                ),
                image_pull_secrets=pull_secrets or None,
                init_containers=with_given(init_containers, given, where=str(self.peer)) or None,
                containers=with_given(containers, given, where=str(self.peer)),
                **placement(given),
                **spec,
            ),
        )

    def disruption_budget(self, *, unhealthy: str) -> Manifest:
        """Define that a drain takes one of its pods at a time.

        Args:
            unhealthy: whether pods that are not ready may go too: ``AlwaysAllow``, or ``IfHealthyBudget`` where the others need
                them.
        """
        return Manifest(
            self.scope,
            "pod-disruption-budget",
            k8s.KubePodDisruptionBudgetProps(
                metadata=self.metadata(),
                spec=k8s.PodDisruptionBudgetSpec(
                    max_unavailable=number(1),
                    unhealthy_pod_eviction_policy=unhealthy,
                    selector=k8s.LabelSelector(match_labels=self.selector),
                ),
            ),
        )

    def network_policy(self) -> Manifest:
        """Define what its pods may be asked and may ask: the edges that begin and end at them."""

        def complete(manifest: Json) -> Json:
            return manifest | {"spec": policy_of(self.peer, self.scope, self.context.cluster, labels=self.pod_labels)}

        return Manifest(self.scope, "network-policy", k8s.KubeNetworkPolicyProps(metadata=self.metadata()), complete=complete)


RBAC_GROUP = "rbac.authorization.k8s.io"

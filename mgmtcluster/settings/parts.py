"""The parts of the settings that are mappings of their own, with the checks of their fields."""

from collections.abc import Iterator, Mapping, Set
from dataclasses import replace
from typing import Annotated, Any, cast

from pydantic import ConfigDict, Discriminator, Field, Tag

from mgmtcluster.addresses import Endpoint
from mgmtcluster.containers import EnvValue
from mgmtcluster.kinds.containers import Resources
from mgmtcluster.kinds.keys import ServiceAnnotationKey
from mgmtcluster.kinds.names import EnvName, LabelKey, ObjectName, SecretKeyName
from mgmtcluster.kinds.network import Cidr, NodePort, ServiceType
from mgmtcluster.kinds.pods import Pods, PullPolicy
from mgmtcluster.kinds.quantities import Memory, Quantity, UserId
from mgmtcluster.kinds.sources import SecretKey
from mgmtcluster.options import PodOptions, ServiceOptions, load_balancer_problems, options_of
from mgmtcluster.settings.model import Model
from mgmtcluster.settings.pods import PodsSettings


class SecretKeySettings(Model):
    """A key of a Secret that the operator makes."""

    name: ObjectName = Field(description="Name of the Secret, in the namespace of the service that reads it.")
    key: SecretKeyName = Field(description="The key in it.")


class AmountSettings(Model):
    """Amounts of a container's resources, as Kubernetes writes them."""

    model_config = ConfigDict(alias_generator=lambda name: name.replace("_", "-"))

    cpu: Quantity | None = Field(default=None, description="CPUs, such as 250m. Default: the catalog's.")
    memory: Memory | None = Field(default=None, description="Memory, such as 256Mi. Default: the catalog's.")
    ephemeral_storage: Memory | None = Field(default=None, description="Logs and temporary files. Default: the catalog's.")


class ResourcesSettings(Model):
    """What a service's main container may count on, and what it may use at most."""

    requests: AmountSettings = Field(default=AmountSettings(), description="What it may count on.")
    limits: AmountSettings = Field(default=AmountSettings(), description="What it may use at most.")

    def over(self, default: Resources) -> Resources:
        """These amounts, and the default's for those that are not set."""
        return Resources(**self.amounts(default))

    def amounts(self, default: Resources) -> dict[str, Any]:
        """The same, unchecked, by the names of the fields of ``Resources``."""
        own = {
            "cpu": self.requests.cpu,
            "memory": self.requests.memory,
            "ephemeral_storage": self.requests.ephemeral_storage,
            "cpu_limit": self.limits.cpu,
            "memory_limit": self.limits.memory,
            "ephemeral_storage_limit": self.limits.ephemeral_storage,
        }
        return vars(default) | {name: amount for name, amount in own.items() if amount}


def differing(option: str) -> Any:
    """A field that sets one of a service's options, where it differs from the catalog's."""
    return Field(default=None, description=f"{options_of(ServiceOptions)[option].meaning} Default: the catalog's.")


class SecretValueSettings(Model):
    """A key of a Secret, as the value of a variable."""

    secret: ObjectName = Field(description="Name of the Secret that you make, in the namespace of the service.")
    key: SecretKeyName = Field(description="The key in it.")


def _form(value: object) -> str:
    return "[secret]" if isinstance(value, Mapping) else "[text]"


#: Each form has a tag, so that an error is about the form that the reader wrote. Errors leave out the tag in brackets.
VariableSetting = Annotated[Annotated[str, Tag("[text]")] | Annotated[SecretValueSettings, Tag("[secret]")], Discriminator(_form)]


class ServiceSettings(Model):
    """What differs for one service."""

    enabled: bool = Field(default=True, description="Install it. A service that another one needs cannot be left out.")
    replicas: Annotated[int, Field(ge=1, le=50)] | None = differing("replicas")
    user: UserId | None = differing("user")
    resources: ResourcesSettings = Field(default=ResourcesSettings(), description="Requests and limits of its main container.")
    pods: PodsSettings = Field(default=PodsSettings(), description="What its pods get over the platform's.")
    image_pull_policy: PullPolicy | None = Field(default=None, description="The same as that of its `pods`.")
    node_port: NodePort | None = Field(
        default=None, description="Another port on every node than the documented one, for a service that has one."
    )
    service_type: ServiceType | None = Field(
        default=None,
        description="`ClusterIP` closes its node port, `LoadBalancer` adds to it. Default: `NodePort`, if it has a port.",
    )
    load_balancer_class: LabelKey | None = Field(
        default=None, description="Class of the load balancer, which Kubernetes never changes. Default: the cluster's."
    )
    load_balancer_source_ranges: list[Cidr] = Field(
        default=[], description="Ranges of the clients that the load balancer lets in. Default: all."
    )
    service_annotations: dict[ServiceAnnotationKey, str] = Field(
        default={}, description="Annotations of the Service that is exposed, such as those that configure a load balancer."
    )
    env: dict[EnvName, VariableSetting] = Field(
        default={},
        description="Further variables, or other values for those that are no address: a text, or a key of a Secret.",
    )

    @classmethod
    def _cross_field_problems(cls, fields: Mapping[str, Any], _wrong: Set[str], /) -> Iterator[str]:
        """What is said of a node port or a load balancer that there is not."""
        if fields["service_type"] == "ClusterIP" and fields["node_port"] is not None:
            yield "node_port: is closed by service_type: ClusterIP; leave one of them out"
        yield from load_balancer_problems(fields)
        pods = fields["pods"]
        own = pods.get("image_pull_policy") if isinstance(pods, Mapping) else None
        if own is not None and fields["image_pull_policy"] not in (None, own):
            yield f"image_pull_policy: is {own} in pods; leave one of them out"

    @property
    def variables(self) -> dict[str, EnvValue]:
        """Its variables, as constructs take them."""
        return {
            name: SecretKey(value.secret, value.key) if isinstance(value, SecretValueSettings) else value
            for name, value in self.env.items()
        }

    def exposed(self, endpoint: Endpoint) -> Endpoint:
        """An endpoint of it, as this cluster exposes it."""
        if endpoint.node_port is None:
            return endpoint
        return replace(endpoint, node_port=None if self.service_type == "ClusterIP" else self.node_port or endpoint.node_port)

    def options(self, *, over: PodOptions) -> ServiceOptions:
        """The options that differ from these of the catalog."""
        fields = type(self).model_fields.keys() & options_of(ServiceOptions).keys() - {"env", "pods", "resources"}
        set_here = {name: value for name in fields if (value := getattr(self, name)) is not None}
        resources = self.resources.over(over.get("resources", Resources()))
        pods = Pods(image_pull_policy=self.image_pull_policy).over(self.pods.pods).over(over.get("pods", Pods()))
        return cast(ServiceOptions, {**set_here, "pods": pods, "resources": resources})

"""The parts of the settings that are mappings of their own, with the checks of their fields."""

from typing import Annotated, Any, cast

from pydantic import ConfigDict, Field

from mgmtcluster.kinds.containers import Resources
from mgmtcluster.kinds.names import EnvName, ObjectName, SecretKeyName
from mgmtcluster.kinds.pods import Pods
from mgmtcluster.kinds.quantities import Memory, Quantity, UserId
from mgmtcluster.options import PodOptions, options_of
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

    def amounts(self, default: Resources) -> dict[str, str]:
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
    return Field(default=None, description=f"{options_of(PodOptions)[option].meaning} Default: the catalog's.")


class ServiceSettings(Model):
    """What differs for one service."""

    enabled: bool = Field(default=True, description="Install it. A service that another one needs cannot be left out.")
    replicas: Annotated[int, Field(ge=1, le=50)] | None = differing("replicas")
    user: UserId | None = differing("user")
    resources: ResourcesSettings = Field(default=ResourcesSettings(), description="Requests and limits of its main container.")
    pods: PodsSettings = Field(default=PodsSettings(), description="What its pods get over the platform's.")
    env: dict[EnvName, str] = Field(default={}, description="Further variables, or other values for those that are no address.")

    def options(self, *, over: PodOptions) -> PodOptions:
        """The options that differ from these of the catalog."""
        fields = type(self).model_fields.keys() & options_of(PodOptions).keys() - {"pods", "resources"}
        set_here = {name: value for name in fields if (value := getattr(self, name)) is not None}
        resources = self.resources.over(over.get("resources", Resources()))
        pods = self.pods.pods.over(over.get("pods", Pods()))
        return cast(PodOptions, {**set_here, "pods": pods, "resources": resources})

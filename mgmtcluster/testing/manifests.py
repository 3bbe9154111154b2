"""Manifests as tests read them."""

from collections.abc import Iterable
from typing import Any

import yaml

from mgmtcluster.manifests import name_of, pod_template

Manifest = dict[str, Any]

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Manifests(tuple[Manifest, ...]):
    """Objects as they stand in the files, in their order."""

    __slots__ = ()

    def of_kind(self, *kinds: str) -> list[Manifest]:
        """The objects of these kinds."""
        return [each for each in self if each["kind"] in kinds]

    def one(self, kind: str, namespace: str | None, name: str) -> Manifest:
        """The object of this kind, namespace and name.

        Raises:
            LookupError: there is none, or there are several.
        """
        place = (namespace, name)
        found = [each for each in self.of_kind(kind) if (each["metadata"].get("namespace"), each["metadata"]["name"]) == place]
        if len(found) != 1:
            known = ", ".join(name_of(each) for each in self.of_kind(kind))
            raise LookupError(f"{len(found)} objects are {kind}/{namespace}/{name}; there are {known or f'no {kind}s'}")
        return found[0]

    def job(self, namespace: str, prefix: str) -> Manifest:
        """The Job whose name is this and a hash.

        Raises:
            LookupError: there is none, or there are several.
        """
        names = [each["metadata"]["name"] for each in self.of_kind("Job") if each["metadata"].get("namespace") == namespace]
        found = [name for name in names if name.rpartition("-")[0] == prefix]
        if len(found) != 1:
            raise LookupError(f"{len(found)} Jobs of {namespace} are {prefix}-…; there are {', '.join(names) or 'no Jobs'}")
        return self.one("Job", namespace, found[0])

    def workloads(self) -> list[Manifest]:
        """Everything that makes pods."""
        return [each for each in self if pod_template(each)]

    def container(self, namespace: str, workload: str, container: str | None = None) -> Manifest:
        """A container of a Deployment or StatefulSet. Default: the first.

        Raises:
            LookupError: there is no such workload or container.
        """
        owners = [each for each in self.of_kind("Deployment", "StatefulSet") if each["metadata"].get("namespace") == namespace]
        for owner in owners:
            for each in owner["spec"]["template"]["spec"]["containers"]:
                if owner["metadata"]["name"] == workload and container in (None, each["name"]):
                    found: Manifest = each
                    return found
        raise LookupError(f"no Deployment or StatefulSet {namespace}/{workload} has a container {container or 'at all'}")

    def without(self, others: Iterable[Manifest]) -> "Manifests":
        """The objects that are not, as they are here, among these others."""
        known = list(others)
        return Manifests(each for each in self if each not in known)


def load(text: str | bytes) -> Manifests:
    """The objects in YAML text."""
    return Manifests(each for each in yaml.load_all(text, Loader=_Loader) if each)

"""The CustomResourceDefinitions of Argo CD, Flux and Prometheus' operator, from their own Go modules, and what they say."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

import jsonschema

from mgmtcluster.testing import Manifest, load
from tests.rig.go_modules import GoModule, downloaded

_ARGO_CD: Final = GoModule("github.com/argoproj/argo-cd/v3", "v3.5.7", "h1:Xm1BF+I5OgDKUG3SDK49vn2/Y5AMyaNVko+/JT08gj0=")
_KUSTOMIZE: Final = GoModule(
    "github.com/fluxcd/kustomize-controller", "v1.9.6", "h1:XB+G3A0mky0j5uVHZWv4oSlS2RvZBoNIUhstIvY0JKE="
)
_SOURCE: Final = GoModule("github.com/fluxcd/source-controller", "v1.9.6", "h1:nG534/bI6nVpyHra7ONAk6xDB3xPsVT+EOLHZHXPrrc=")
_OPERATOR: Final = GoModule(
    "github.com/prometheus-operator/prometheus-operator", "v0.94.1", "h1:QEIb2wenPH+SdMN1xMf8l4Pmj00YYXXI6HlbLlQWkww="
)

#: The kinds of Prometheus' operator that the constructs may make.
MONITORING: Final = ("PrometheusRule", "ServiceMonitor")

_FILES: Final = {
    "Application": (_ARGO_CD, "manifests/crds/application-crd.yaml"),
    "AppProject": (_ARGO_CD, "manifests/crds/appproject-crd.yaml"),
    "Kustomization": (_KUSTOMIZE, "config/crd/bases/kustomize.toolkit.fluxcd.io_kustomizations.yaml"),
    "GitRepository": (_SOURCE, "config/crd/bases/source.toolkit.fluxcd.io_gitrepositories.yaml"),
    **{kind: (_OPERATOR, f"example/prometheus-operator-crd/monitoring.coreos.com_{kind.lower()}s.yaml") for kind in MONITORING},
}


def argo_cd_file(path: str) -> bytes:
    """A file of Argo CD's own repository."""
    return (downloaded(_ARGO_CD) / path).read_bytes()


@cache
def definition_of(kind: str) -> Manifest:
    """The CustomResourceDefinition of a kind."""
    module, path = _FILES[kind]
    [found] = load((downloaded(module) / path).read_text())
    return found


def problems(manifest: Manifest) -> list[str]:
    """What is wrong with an object for the definition of its kind, unknown fields included."""
    definition = definition_of(manifest["kind"])["spec"]
    group, _, version = manifest["apiVersion"].partition("/")
    served = {each["name"]: each["schema"]["openAPIV3Schema"] for each in definition["versions"] if each["served"]}
    if group != definition["group"] or version not in served:
        return [f"apiVersion: {manifest['apiVersion']} is not served"]
    errors = jsonschema.Draft202012Validator(_strict(served[version])).iter_errors(manifest)
    return [f"{error.json_path}: {error.message}" for error in errors]


def _strict(schema: Any) -> Any:
    """A schema of Kubernetes as JSON Schema, which refuses what the API server would leave out."""
    if not isinstance(schema, Mapping):
        return schema
    made = dict(_converted(schema))
    if made.pop("x-kubernetes-int-or-string", False):
        made.pop("type", None)
    if "properties" in made and not made.pop("x-kubernetes-preserve-unknown-fields", False):
        made.setdefault("additionalProperties", False)
    return made


def _converted(schema: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in schema.items():
        if key == "properties":
            yield key, {name: _strict(each) for name, each in value.items()}
        elif key in ("items", "additionalProperties"):
            yield key, _strict(value)
        else:
            yield key, value  # allOf and its like too: they name only some fields of what the schema beside them allows

"""``mgmtcluster images``: what a registry of one's own must have."""

import json
from collections.abc import Iterator

from mgmtcluster import catalog
from mgmtcluster.cli import expected as expectations
from mgmtcluster.cli.expected import Expected
from mgmtcluster.cli.output import print_json
from mgmtcluster.manifests import containers


def run(*, json: bool, settings: str | None, cached: bool) -> None:
    """Print every image once, sorted."""
    images = sorted(set(images_of(expectations.load(settings, cached=cached))))
    if json:
        print_json({"images": images})
    else:
        print("\n".join(images))


def images_of(expected: Expected) -> Iterator[str]:
    """The images of all containers, of the provisioner's helper pods, and those that services hand on to be started."""
    helpers = [data["helperPod.yaml"] for data in _config_maps(expected) if "helperPod.yaml" in data]
    for owner in [*expected.objects, *map(json.loads, helpers)]:
        yield from (container["image"] for container in containers(owner))
    for service in catalog.ALL:
        if expected.settings.service(service.name).enabled:
            yield from map(expected.settings.image, service.named_images)


def _config_maps(expected: Expected) -> Iterator[dict[str, str]]:
    return (manifest.get("data") or {} for manifest in expected.of_kind("ConfigMap"))

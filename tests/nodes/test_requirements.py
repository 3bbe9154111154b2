"""What policies need is installed in the pod of a service, as it is: its user, its volumes, its variables, no network."""

from __future__ import annotations

from mgmtcluster.catalog.endpoints import SEARCH_SERVER
from tests.rig.kube import is_ready
from tests.rig.requirements import FOUND, TWO_POLICIES

from .images.build import WHEELS_PLACE
from .platform import Platform

#: In the index's place.
_OFFLINE = ("env", "PIP_NO_INDEX=1", f"PIP_FIND_LINKS={WHEELS_PLACE}")


def test_two_policies_get_their_own_version_of_a_package(platform: Platform) -> None:
    """The second one's code, its metadata and no file of the first; what the image has is not fetched."""
    pods = platform.pods(f"--selector=app.kubernetes.io/name={SEARCH_SERVER.service}")
    pod = next(each for each in pods if is_ready(each))
    policies = platform.exec(pod, *_OFFLINE, "python3", "-c", TWO_POLICIES, container=SEARCH_SERVER.service)
    assert policies.stdout.splitlines() == FOUND, policies.stderr
    had = platform.exec(pod, *_OFFLINE, "python3", "-m", "pip", "install", "pip", container=SEARCH_SERVER.service)
    assert (had.returncode, "already satisfied" in had.stdout) == (0, True), had.stderr

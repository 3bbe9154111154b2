"""Commands of the docs that no cluster of the tests runs do what the page says."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from mgmtcluster import catalog
from tests.deploy.test_samples import monitoring
from tests.rendering import ROOT, render


def commands(page: str) -> str:
    """The shell commands of a page, in their order."""
    return "".join(re.findall(r"^```sh\n(.*?)^```$", (ROOT / "docs" / page).read_text(), re.MULTILINE | re.DOTALL))


def test_all_that_monitoring_makes_is_deleted() -> None:
    """But the Jobs, whose names are those of other Jobs without it."""
    text = commands("monitoring.md")
    [kinds] = re.findall(r"^kinds=(.+)$", text, re.MULTILINE)
    deleted = {
        (kind, namespace, name)
        for namespace, name in re.findall(r'^kubectl delete -n (\S+) "\$kinds" (\S+)$', text, re.MULTILINE)
        for kind in kinds.split(",")
    }
    there, without = (
        {(found["kind"].lower(), found["metadata"].get("namespace"), found["metadata"]["name"]) for found in objects}
        for objects in ([*render({"monitoring": True}).objects, *monitoring()], render().objects)
    )
    assert deleted == {key for key in there - without if key[0] != "job"}


@pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0 or not shutil.which("nft"), reason="needs root on Linux, and nft on PATH"
)
def test_nft_closes_every_node_port() -> None:
    """In a network of its own, for IPv4 and for IPv6."""
    script = f"set -euo pipefail\n{commands('security.md')}\nnft list ruleset"
    command = ["unshare", "--net", "bash", "-c", script]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if "unshare failed" in done.stderr:
        pytest.skip("a network of its own cannot be made here: a container without the right to")
    assert done.returncode == 0, done.stderr
    ports = ", ".join(str(port) for port in sorted(found.node_port for found in catalog.ENDPOINTS if found.node_port))
    rules = [line.strip() for line in done.stdout.splitlines() if line.strip().endswith("drop")]
    assert [f"tcp dport {{ {ports} }} drop" in rule for rule in rules] == [True, True]
    assert rules[0].startswith("ip saddr != ")
    assert rules[1].startswith("meta nfproto ipv6 ")

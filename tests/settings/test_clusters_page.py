"""Every block of settings on the page of clusters is one that the platform is rendered from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mgmtcluster import Cluster, rules
from mgmtcluster.settings import Settings
from mgmtcluster.settings.yaml_file import read_mapping
from tests.rendering import ROOT, render

PAGE = (ROOT / "docs" / "clusters.md").read_text()
BLOCKS = [
    (section.partition("\n")[0], block)
    for section in PAGE.split("\n## ")[1:]
    for block in re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)
]


def test_there_is_a_section_for_each_kind_of_cluster() -> None:
    """Each with what it needs, where it needs anything."""
    titles = [section.partition("\n")[0] for section in PAGE.split("\n## ")[1:]]
    kinds = ["kubeadm", "k3s and RKE2", "EKS, GKE and AKS", "OpenShift", "Air-gapped", "IPv6", "Service mesh"]
    assert titles[: len(kinds)] == kinds
    assert {title for title, _ in BLOCKS} >= {*kinds}


@pytest.mark.parametrize(("title", "block"), BLOCKS, ids=[f"{number} {title}" for number, (title, _) in enumerate(BLOCKS)])
def test_a_block_is_rendered(title: str, block: str, tmp_path: Path) -> None:
    """Every rule holds of what it gives, and it differs from the defaults.

    Takes more than two seconds because it renders a platform.
    """
    file = tmp_path / "settings.yaml"
    file.write_text(block)
    raw = read_mapping(file)
    cluster: Cluster = Settings.of(raw).cluster.facts
    assert Settings.of(raw) != Settings(), title
    assert rules.check(render(raw).objects, rules.general(cluster=cluster)) == []

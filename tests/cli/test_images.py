"""``mgmtcluster images`` lists all that a registry of one's own must have."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.rendering import ROOT, render

from .command import mgmtcluster

PAGE = (ROOT / "docs" / "clusters.md").read_text().partition("\n## Air-gapped\n")[2].partition("\n## ")[0]
[MIRRORING] = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
SETTINGS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[0]

#: All that brings an image: dumps to a bucket, the exporter of metrics, and each image under a name of its own.
ALL = """
image_registry: registry.example.com/aios
image_tag: v7
images: {busybox: "example.com/helper:1", rclone: "example.com/sender@sha256:%s", vdag-controller: "example.com/handed-on:2"}
monitoring: true
registry_database:
  backup: {bucket: {endpoint: "https://s3.example.com", name: dumps, secret: keys}}
"""


#: Without the gateway, which hands on most of the images that no pod here has.
LESS = "services: {cluster-controller-gateway: {enabled: false}, parser: {enabled: false}}"


def listed(tmp_path: Path, settings: str) -> list[str]:
    """The lines for these settings."""
    (tmp_path / "settings.yaml").write_text(settings)
    done = mgmtcluster("images", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


@pytest.mark.parametrize("settings", ["{}", ALL % ("a" * 64), LESS])
def test_every_image_of_the_files_is_a_line(settings: str, tmp_path: Path) -> None:
    """Once, sorted; and no image is listed that no file names."""
    lines = listed(tmp_path, settings)
    assert lines == sorted(set(lines))
    text = json.dumps(render(yaml.safe_load(settings)).objects)
    # By their form alone: fields of containers, the helper pod's too, variables with images, and the gateway's JSON.
    form = r'(?:\\?"image\\?": \\?"|_IMAGE(?:_NAME)?", "value": "|_image_name\\": \\")([^"\\]+)'
    assert lines == sorted(set(re.findall(form, text)))


def test_json_has_the_same(tmp_path: Path) -> None:
    """Under one key."""
    assert json.loads(mgmtcluster("images", "--json", cwd=tmp_path).stdout) == {"images": listed(tmp_path, "{}")}


def test_mirrored_images_are_those_of_the_settings_beside_it(tmp_path: Path) -> None:
    """The page's loop, with a tool that says where it copies to."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, script in {
        "mgmtcluster": f"printf '%s\n' {' '.join(listed(tmp_path, '{}'))}",
        "skopeo": '[ "$1 $2" = "copy --all" ] && echo "${4#docker://}"',
    }.items():
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(0o755)
    shell = ["/bin/sh", "-euc", MIRRORING]
    done = subprocess.run(shell, env={"PATH": str(programs)}, capture_output=True, text=True, check=True)
    assert len(MIRRORING.splitlines()) == 3
    assert yaml.safe_load(SETTINGS)["images"]
    assert sorted(done.stdout.split()) == listed(tmp_path, SETTINGS)

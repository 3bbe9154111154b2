"""Looking into a running container, with what every image has: a shell."""

from __future__ import annotations

from dataclasses import dataclass

from tests.rig.kube import Json

from .platform import Platform

_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount"

#: Prints a line for each process, one where there is a token, and one for each folder in which a file can be made.
_PROGRAM = """
for status in /proc/[0-9]*/status; do
  name= uids= capabilities=
  while read -r field value; do
    case "$field" in Name:) name=$value ;; Uid:) uids=$value ;; CapEff:) capabilities=$value ;; esac
  done < "$status" 2> /dev/null
  [ -z "$capabilities" ] || echo "process $capabilities $uids $name"
done
if [ -e "$1" ]; then echo token; fi
find / \\( -path /proc -o -path /sys \\) -prune -o -type d -writable -print 2> /dev/null | while read -r folder; do
  probe=$folder/.probe-$$
  if (: > "$probe") 2> /dev/null; then rm -f "$probe"; echo "writable $folder"; fi
done
"""


@dataclass(frozen=True)
class Process:
    """A process as its container sees it.

    Attributes:
        name: its program.
        uids: real, effective, saved and file system user.
        capabilities: the effective ones, as the kernel's hexadecimal mask.
    """

    name: str
    uids: tuple[str, ...]
    capabilities: str


@dataclass(frozen=True)
class Inside:
    """What was seen in a container.

    Attributes:
        processes: all that it sees.
        has_token: a ServiceAccount's token is where clients of the API server look for it.
        writable: the folders in which its user can make a file.
    """

    processes: list[Process]
    has_token: bool
    writable: list[str]


def look(platform: Platform, pod: Json, container: Json) -> Inside:
    """Look into a container, as the user it runs as."""
    done = platform.exec(pod, "sh", "-c", _PROGRAM, "sh", _TOKEN, container=container["name"])
    lines = [line.split() for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stderr
    return Inside(
        processes=[Process(words[-1], tuple(words[2:6]), words[1]) for words in lines if words[0] == "process"],
        has_token=["token"] in lines,
        writable=[words[1] for words in lines if words[0] == "writable"],
    )

"""Three nodes and a control plane, all on this machine."""

from __future__ import annotations

import json
import os
import platform
import shutil
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.rig.kube import Done, Kubectl, condition

ROOT = Path(__file__).parents[2]
_SHARED = ROOT.parent / "shared"
_CLUSTER = Path(os.environ.get("CLUSTER", _SHARED / "controlplane" / "cluster"))
_NODE = Path(os.environ.get("NODE", _SHARED / "node" / "node"))
_CACHE = Path(os.environ.get("NODE_CACHE", Path.home() / ".cache" / "mgmtcluster-node"))
STORE = Path(os.environ.get("NODE_STORE", _CACHE / "images"))

NAMES = ("node-1", "node-2", "node-3")

#: What stands before programs of the nodes: each adds what they lack, and starts the program that it is named after.
_PROGRAMS = ROOT / "tests" / "nodes" / "programs"

#: The most that may lie on the disks of all; three GB do.
_DISK = "50g"

_DNS = {"k8s-app": "kube-dns"}
_SPREAD = {"topologyKey": "kubernetes.io/hostname", "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"}
_TWO_ON_TWO_NODES = {
    "replicas": 2,
    "template": {"spec": {"topologySpreadConstraints": [{**_SPREAD, "labelSelector": {"matchLabels": _DNS}}]}},
}

#: Both databases have a member on each.
_LABELS = ("registry=yes", "metrics-db=yes")


def missing() -> str | None:
    """What is in the way of nodes on this machine, in a line; None where nothing is."""
    if platform.system() != "Linux":
        return f"needs Linux, and this is {platform.system()}"
    if os.geteuid() != 0:
        return "needs root: nodes are network, mount and process namespaces (docs/test-nodes.md)"
    programs = [("NODE_CACHE", _CACHE / "bin" / name) for name in ("nodeparts", "kube-network-policies")]
    for variable, file in (("CLUSTER", _CLUSTER), ("NODE", _NODE), *programs):
        if not file.exists():
            return f"{file.name} is not there: {variable} says where it is (docs/test-nodes.md)"
    return None


class Machines:
    """The nodes ``NAMES``, each with labels for databases and a zone of its own.

    Args:
        folder: where they are.
        domain: the domain of the cluster's names.
        local_dns: a link-local address on which every node answers DNS itself. Default: pods ask the Service kube-dns.

    Attributes:
        kubectl: their cluster, once they are started.
        kubeconfig: for programs that ask it themselves.
    """

    kubectl: Kubectl

    def __init__(self, folder: Path, *, domain: str = "cluster.local", local_dns: str = "") -> None:
        self._folder = folder / "cluster"
        self._cache = folder / "cache"
        self._local_dns = local_dns
        # The control plane collects its garbage seldom: there is more memory than processors.
        ours = {"GOGC": "400", "NODE_CACHE": str(self._cache), "NODE_STORE": str(STORE)}
        self._environment = {**os.environ, **ours, "NODE_DOMAIN": domain, "NODE_LOCAL_DNS": local_dns}
        self.kubeconfig = self._folder / "kubeconfig"

    def start(self) -> None:
        """Start the control plane and every node, all of whose disks are in memory."""
        self._folder.mkdir()
        self._run(Path("mount"), "-t", "tmpfs", "-o", f"size={_DISK}", "nodes", self._folder)
        self._link_programs()
        # The control plane's own provisioner answers to another name: the one of dist/ runs in its pod.
        often = "kube-controller-manager=--horizontal-pod-autoscaler-sync-period=3s"
        self._run(_CLUSTER, "up", self._folder, "--nodes", "0", "--provisioner", "unused.test/local-path", "--flag", often)
        # One program has all parts, kubectl too: `cluster kubectl` starts it, and takes longer than it does.
        [api_server] = self._api_server()
        program = Path(f"/proc/{api_server}/exe").readlink()
        (commands := self._folder.parent / "bin").mkdir()
        self.kubectl = Kubectl(commands, command=(str(program), "kubectl"), kubeconfig=self.kubeconfig)
        self.on(NAMES[0])
        dns = ("daemonset/node-local-dns" if self._local_dns else "deployment/coredns", "--namespace=kube-system")
        if not self._local_dns:
            # As kubeadm has it: while the only pod that answers DNS is away, nobody finds a new primary.
            self.kubectl("patch", *dns, "--patch", json.dumps({"spec": _TWO_ON_TWO_NODES}))
        for name in NAMES[1:]:
            self.on(name)
        self.kubectl("rollout", "status", *dns)
        # A node is Ready a moment before pods may be placed on it.
        self.kubectl.until("nodes without taints", lambda: not self._tainted(), missing=self._tainted)

    def stop(self) -> None:
        """Stop everything, whatever state it is in; the nodes at once, since each takes its time to lose its processes.

        The logs stay, in a folder called ``left``.
        """
        with ThreadPoolExecutor() as pool:
            [*pool.map(lambda name: self._attempt(_NODE, "kill", self._folder, name), NAMES)]
        self._attempt(_NODE, "down", self._folder)
        for api_server in self._api_server():  # it would wait for watches to end
            with suppress(ProcessLookupError):
                os.kill(api_server, signal.SIGKILL)
        self._attempt(_CLUSTER, "down", self._folder)
        shutil.copytree(self._folder, self._folder.with_name("left"), ignore=shutil.ignore_patterns("etcd", "disk"))
        self._attempt(Path("umount"), self._folder)

    def on(self, name: str) -> None:
        """Power a node on, for the first time or again, and wait until it is Ready."""
        zone = f"topology.kubernetes.io/zone={name.replace('node', 'zone')}"
        self._run(_NODE, "up", self._folder, name, *_LABELS, zone)

    def off(self, name: str) -> None:
        """Power a node off at once; its disk stays."""
        self._run(_NODE, "kill", self._folder, name)

    def cut(self, name: str) -> None:
        """Unplug a node's network."""
        self._run(_NODE, "cut", self._folder, name)

    def join(self, name: str) -> None:
        """Plug it in again."""
        self._run(_NODE, "join", self._folder, name)

    def attempt(self, name: str, *command: str) -> Done:
        """Run a command on a node as its root, whatever it ends with."""
        return self._attempt(_NODE, "run", self._folder, name, *command)

    def addresses(self) -> dict[str, str]:
        """The address of each node, on which it answers node ports."""
        nodes = self.kubectl.items("nodes")
        return {
            node["metadata"]["name"]: each["address"]
            for node in nodes
            for each in node["status"]["addresses"]
            if each["type"] == "InternalIP"
        }

    def is_ready(self, name: str) -> bool:
        """Whether the control plane takes a node for well."""
        return condition(self.kubectl.item("node", name), "Ready").get("status") == "True"

    def enforces_policies(self, name: str) -> bool:
        """Whether a node's network closes what a NetworkPolicy does not open."""
        return self.attempt(name, "pgrep", "--full", "bin/kube-network-policies").returncode == 0

    @contextmanager
    def without_api_server(self) -> Iterator[None]:
        """Freeze the API server, which keeps its port and answers nobody, and let it go on afterwards."""
        [pid] = self._api_server()
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def _tainted(self) -> list[str]:
        return [each["metadata"]["name"] for each in self.kubectl.items("nodes") if each["spec"].get("taints")]

    def _api_server(self) -> list[int]:
        """Its process, where it was started."""
        file = self._folder / "pids"
        started = [line.split() for line in file.read_text().splitlines()] if file.exists() else []
        return [int(number) for number, part in started if part == "kube-apiserver"]

    def _link_programs(self) -> None:
        """Where nodes look for their programs: those there are, and ours in front of some."""
        (programs := self._cache / "bin").mkdir(parents=True)
        (programs / "of-nodes").symlink_to(_CACHE / "bin")
        ours = {each.name: each for each in _PROGRAMS.iterdir()}
        for name, program in ({each.name: each for each in (_CACHE / "bin").iterdir()} | ours).items():
            (programs / name).symlink_to(program)

    def _run(self, program: Path, *arguments: str | Path) -> Done:
        done = self._attempt(program, *arguments)
        assert done.returncode == 0, f"{program.name} {' '.join(map(str, arguments))}: exit {done.returncode}\n{done.stderr}"
        return done

    def _attempt(self, program: Path, *arguments: str | Path) -> Done:
        """Run a program of the rig, whatever it ends with."""
        return subprocess.run(
            [program, *arguments], env=self._environment, capture_output=True, text=True, timeout=300, check=False
        )


@contextmanager
def running(folder: Path, **facts: str) -> Iterator[Machines]:
    """Machines with these facts, started; gone at the end."""
    machines = Machines(folder, **facts)
    try:
        machines.start()
        yield machines
    finally:
        machines.stop()

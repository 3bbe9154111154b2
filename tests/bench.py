"""Measure what the app and the command cost, and print the table of docs/performance.md.

A figure is a whole process, or what a process prints of itself. What is compared runs in turn, A B A B, so that a machine whose
speed drifts does not change a ratio.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from mgmtcluster.nodejs import bundled_node
from tests import foreign_pods
from tests.scripts.test_ready import cpu_milliseconds

ROOT = Path(__file__).parent.parent
RUNS = 7

FLOOR = f"""
import os; os.environ["JSII_NODE"] = "{bundled_node()}"
import cdk8s, sys
from cdk8s_plus_27 import k8s
app = cdk8s.App(outdir=sys.argv[1]); cdk8s.Chart(app, "empty"); k8s.KubeNamespace; app.synth()
"""

SERVICES = """
import sys
import mgmtcluster as m
import cdk8s
app = cdk8s.App(outdir=sys.argv[1]); chart = cdk8s.Chart(app, "many", namespace="many")
database = m.ReplicatedDatabase(chart, "db", members=3, storage="10Gi", node_label="db=yes")
for number in range(int(sys.argv[2])):
    endpoint = m.Endpoint(f"service-{number}", "many", 8080)
    grant = database.grant(f"service-{number}", env="MONGO_URL")
    m.RegistryService(chart, f"service-{number}", image="example.test/service:1", endpoint=endpoint, database=grant)
m.rules.enforce(app); app.synth()
"""

CHARTS = """
import sys
import mgmtcluster as m
import cdk8s
app = cdk8s.App(outdir=sys.argv[1])
for number in range(int(sys.argv[2])):
    chart = cdk8s.Chart(app, f"chart-{number}", namespace=f"team-{number}")
    for service in range(4):
        endpoint = m.Endpoint(f"service-{service}", f"team-{number}", 8080)
        m.WebService(chart, f"service-{service}", image="example.test/service:1", endpoint=endpoint)
m.rules.enforce(app); app.synth()
"""

ONE_MORE_SYNTH = """
import time
import mgmtcluster as m
import cdk8s

def synth():
    app = cdk8s.Testing.app(); chart = cdk8s.Chart(app, "chart", namespace="one")
    endpoint = m.Endpoint("one", "one", 8080, node_port=30999)
    m.WebService(chart, "one", image="example.test/one:1", endpoint=endpoint)
    m.rules.enforce(app); app.synth_yaml()

synth()
for _ in range(25):
    start = time.perf_counter(); synth(); print(1000 * (time.perf_counter() - start))
"""

SETTINGS_IN_TURN = """
import resource, time
import mgmtcluster as m
import cdk8s

def synth(replicas):
    app = cdk8s.App(); settings = m.Settings.of({"services": {"parser": {"replicas": replicas}}})
    m.ManagementCluster(app, settings=settings); app.synth_yaml()

synth(1); memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss; times = []
for replicas in range(2, 22):
    start = time.perf_counter(); synth(replicas); times.append(time.perf_counter() - start)
print(sum(times[-5:]) / sum(times[:5]), (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) / 1024 / 20)
"""


def seconds(*command: str) -> float:
    """The wall time of a process."""
    start = time.perf_counter()
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def python(code: str, *arguments: str) -> Callable[[], float]:
    """A run of this code in a process of its own, with a new output folder as its first argument."""

    def run() -> float:
        with tempfile.TemporaryDirectory() as folder:
            return seconds(sys.executable, "-c", code, folder, *arguments)

    return run


def app(*options: str) -> Callable[[], float]:
    """A run of the whole app, with options of Python."""

    def run() -> float:
        with tempfile.TemporaryDirectory() as folder:
            return seconds(sys.executable, *options, "app.py", "--output", f"{folder}/dist")

    return run


def make_synth() -> float:
    """A `make synth` with nothing to install."""
    with tempfile.TemporaryDirectory() as folder:
        return seconds("make", "--silent", "synth", f"OUTPUT={folder}/dist")


def command(*arguments: str) -> Callable[[], float]:
    """A run of the command `mgmtcluster`."""
    return lambda: seconds(sys.executable, "-m", "mgmtcluster.cli", *arguments)


def printed(code: str) -> list[float]:
    """The numbers that this code prints in a process of its own."""
    out = subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, capture_output=True, text=True).stdout
    return [float(number) for number in out.split()]


def in_turn(first: Callable[[], float], second: Callable[[], float], runs: int = RUNS) -> list[tuple[float, float]]:
    """The times of both, pair by pair, after one pair that does not count."""
    first(), second()
    return [(first(), second()) for _ in range(runs)]


def alone(run: Callable[[], float], runs: int = RUNS) -> list[float]:
    """The times of a run, after one that does not count."""
    run()
    return [run() for _ in range(runs)]


def ratios(pairs: list[tuple[float, float]]) -> list[float]:
    """The first of each pair, as a multiple of the second."""
    return [first / second for first, second in pairs]


Row = tuple[str, list[float], str, str]


def of_the_app() -> Iterator[Row]:
    """What a synth costs."""
    yield "the app as `make synth` runs it, against its floor", ratios(in_turn(app("-O"), python(FLOOR))), " x", "≤ 1.5"
    yield "the same without `-O`", ratios(in_turn(app(), python(FLOOR))), " x", ""
    extra = [made - bare for made, bare in in_turn(make_synth, app("-O"))]
    yield "`make synth` with nothing to install, beyond `python -O app.py`", extra, " s", "≤ 0.1"
    many = in_turn(python(SERVICES, "500"), python(SERVICES, "100"), 3)
    yield "500 registry services against 100", ratios(many), " x", "≤ 5.5"
    yield "one more service in an app", [1000 * (more - fewer) / 400 for more, fewer in many], " ms", "≤ 15"
    yield "50 charts of four services against 10", ratios(in_turn(python(CHARTS, "50"), python(CHARTS, "10"), 3)), " x", "≤ 5.5"
    yield "one more synth of a service in a test", printed(ONE_MORE_SYNTH), " ms", "≤ 20"
    slower, megabytes = printed(SETTINGS_IN_TURN)
    yield "20 settings files in one process: the last five against the first five", [slower], " x", "≤ 1.2"
    yield "memory that each of them leaves behind in Python", [megabytes], " MB", ""


def of_the_command() -> Iterator[Row]:
    """What the command costs without a cluster."""
    yield "`mgmtcluster --help`", alone(command("--help")), " s", "≤ 0.3"
    yield "`mgmtcluster services`, rendered before", alone(command("services")), " s", "≤ 0.5"
    yield "`mgmtcluster map --json`, rendered before", alone(command("map", "--json")), " s", "≤ 0.5"
    fresh = in_turn(command("services", "--no-cache"), app())
    yield "`mgmtcluster services --no-cache` against `python app.py`", ratios(fresh), " x", "≤ 1.5"


def of_a_cluster() -> Iterator[Row]:
    """What the command asks of a cluster where others have 5,000 pods."""
    for (name, figures), goal in zip(foreign_pods.figures(RUNS).items(), ("≤ 3", "", ""), strict=True):
        yield name, figures, " s", goal


def main() -> None:
    """Print the table."""
    print("| figure | median | spread | goal |\n| --- | --- | --- | --- |")
    rows = [of_the_app, of_the_command, *([of_a_cluster] if os.environ.get("KUBECONFIG") else [])]
    for part in rows:
        for name, figures, unit, goal in part():
            low, middle, high = min(figures), statistics.median(figures), max(figures)
            print(f"| {name} | {middle:.2f}{unit} | {low:.2f} to {high:.2f} | {goal} |", flush=True)
    print(f"| CPU of a readiness probe | {statistics.median(cpu_milliseconds()):.2f} ms | | |")
    if not os.environ.get("KUBECONFIG"):
        print("Set KUBECONFIG to a disposable cluster to measure what the command asks of it too.", file=sys.stderr)


if __name__ == "__main__":
    main()

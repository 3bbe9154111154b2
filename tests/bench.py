"""Measure what the app costs, as ratios, and print the table of docs/performance.md.

Each figure is a whole process or a whole synth, several times in turn with what it is compared to, so that a machine whose
speed drifts does not change the ratio.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests import foreign_pods
from tests.scripts.test_ready import cpu_milliseconds

ROOT = Path(__file__).parent.parent
RUNS = 7

FLOOR = """
import mgmtcluster.nodejs as node; node.choose_node()
import cdk8s, sys
from cdk8s_plus_27 import k8s
app = cdk8s.App(outdir=sys.argv[1]); cdk8s.Chart(app, "empty"); k8s.KubeNamespace; app.synth()
"""

MANY = """
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

ONE_MORE = """
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
    start = time.perf_counter(); synth(); print(time.perf_counter() - start)
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


def app() -> float:
    """A run of the whole app, as `make synth` runs it."""
    with tempfile.TemporaryDirectory() as folder:
        return seconds(sys.executable, "-O", "app.py", "--output", f"{folder}/dist")


def ratio(dividend: Callable[[], float], divisor: Callable[[], float], runs: int = RUNS) -> list[float]:
    """Pair by pair, after one pair that does not count."""
    dividend(), divisor()
    return [dividend() / divisor() for _ in range(runs)]


def one_more_synth() -> list[float]:
    """Milliseconds of one more synth in a process that has done one already."""
    out = subprocess.run([sys.executable, "-c", ONE_MORE], check=True, cwd=ROOT, capture_output=True, text=True).stdout
    return [float(line) * 1000 for line in out.split()]


def row(what: str, figures: list[float], goal: str, unit: str) -> str:
    """A line of the table: median, the least and the most."""
    low, middle, high = min(figures), statistics.median(figures), max(figures)
    return f"| {what} | {middle:.2f}{unit} | {low:.2f} to {high:.2f} | {goal} |"


def main() -> None:
    """Print the table."""
    print("| what | median | spread | goal |\n| --- | --- | --- | --- |")
    print(row("the whole app against its floor", ratio(app, python(FLOOR)), "≤ 2.1", " x"))
    print(row("500 registry services against 100", ratio(python(MANY, "500"), python(MANY, "100"), 3), "≤ 5.5", " x"))
    print(row("one more synth of a service in a test", one_more_synth(), "≤ 40", " ms"))
    print(row("CPU of a readiness probe", cpu_milliseconds(), "", " ms"))
    if os.environ.get("KUBECONFIG"):
        for (what, figures), goal in zip(foreign_pods.figures(RUNS).items(), ("≤ 3", "", ""), strict=True):
            print(row(what, figures, goal, " s"))
    else:
        print("Set KUBECONFIG to a disposable cluster to measure the command `mgmtcluster` too.", file=sys.stderr)


if __name__ == "__main__":
    main()

"""The apps of examples/services, as tests render them."""

import runpy
from pathlib import Path

from cdk8s import App, Chart

from mgmtcluster import Endpoint, rules
from tests.rendering import ROOT

FOLDER = ROOT / "examples" / "services"
EXAMPLES = {path.stem: path for path in sorted(FOLDER.glob("*.py"))}


def example(name: str) -> App:
    """The app of one example, checked by the rules as it checks itself."""
    path: Path = EXAMPLES[name]
    names = runpy.run_path(str(path))
    [chart] = [each for each in names.values() if isinstance(each, type) and issubclass(each, Chart) and each is not Chart]
    app = App()
    chart(app, name)
    search = names.get("SEARCH")
    beside = [search] if isinstance(search, Endpoint) and search.pods else []
    rules.enforce(app, beside=beside)
    return app

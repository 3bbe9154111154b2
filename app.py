"""Turn settings into dist/."""

import gc

gc.disable()  # Little is left to collect before the process ends, and much would be looked through: a fifth of its time.

import argparse
import os

import mgmtcluster
from cdk8s import App, YamlOutputType

arguments = argparse.ArgumentParser(description="Turn settings into the manifests of a management cluster.")
arguments.add_argument("--settings", metavar="FILE", help="default: $MGMTCLUSTER_SETTINGS, else settings.yaml")
arguments.add_argument("--output", metavar="FOLDER", default=os.environ.get("CDK8S_OUTDIR", "dist"), help="default: dist")
options = arguments.parse_args()

with mgmtcluster.one_line_errors():
    settings = mgmtcluster.Settings.load(options.settings)
    with mgmtcluster.staged(options.output) as folder:
        app = App(outdir=folder, yaml_output_type=YamlOutputType.FILE_PER_CHART)
        mgmtcluster.ManagementCluster(app, settings=settings)
        app.synth()
        mgmtcluster.synth_monitoring(options.output, settings=settings)
gc.freeze()  # Python looks for garbage once more when it ends: there is nothing to look through now.

"""Tests of mgmtcluster that need no cluster."""

import mgmtcluster  # noqa: F401  first: it chooses the Node.js that cdk8s is started with

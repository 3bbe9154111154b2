"""``python -m mgmtcluster.cli``, for a checkout that is not installed."""

from mgmtcluster.cli import main

main()

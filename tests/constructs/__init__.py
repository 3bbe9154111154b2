"""Tests that mirror ``mgmtcluster/constructs/``."""

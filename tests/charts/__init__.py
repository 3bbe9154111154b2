"""Tests that mirror ``mgmtcluster/charts/``."""

"""Tests that mirror ``mgmtcluster/kinds/``."""

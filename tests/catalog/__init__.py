"""Tests that mirror ``mgmtcluster/catalog/``."""

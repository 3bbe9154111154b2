"""Tests that mirror ``mgmtcluster/settings/``."""

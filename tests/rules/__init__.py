"""Tests that mirror ``mgmtcluster/rules/``."""

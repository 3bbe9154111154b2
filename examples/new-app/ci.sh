#!/bin/sh -e
uv venv --quiet
uv pip install --quiet --group test
.venv/bin/python -m pytest
.venv/bin/python app.py

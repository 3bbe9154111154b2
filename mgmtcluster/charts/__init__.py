"""When: one chart is one phase of the installation, and one file."""

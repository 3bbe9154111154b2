"""Every check and the state of an installation, tried on plain data."""

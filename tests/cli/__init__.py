"""The console script, as far as it needs no cluster."""

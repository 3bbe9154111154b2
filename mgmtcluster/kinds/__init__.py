"""Values and the checks that refuse anything else: plain Python."""

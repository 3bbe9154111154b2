"""Small scenarios: a few knobs, and the YAML they make beside them."""

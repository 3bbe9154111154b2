"""A replicated MongoDB: the set, its converging Job, dumps, monitoring and alerts."""

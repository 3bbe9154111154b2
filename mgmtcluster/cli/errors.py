"""Why nothing can be said of a cluster."""


class CouldNotLook(Exception):
    """The cluster could not be looked at: one line that says why, and what to do."""

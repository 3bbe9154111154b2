"""Which call into cdk8s is under way: cdk8s validates a whole app anew for each of its charts, and renders it once more."""

import sys
from types import FrameType

_PACKAGE = "cdk8s"


def current_synthesis() -> FrameType | None:
    """The outermost call into cdk8s that has not returned yet, such as ``app.synth()``; None where there is none.

    cdk8s calls back for validations and manifests but does not say on whose behalf. Only Python's own stack tells.
    """
    frame: FrameType | None = sys._getframe()
    outermost = None
    while frame:
        if frame.f_globals.get("__name__") == _PACKAGE:
            outermost = frame
        frame = frame.f_back
    return outermost

"""Which call into cdk8s is under way: cdk8s validates a whole app anew for each of its charts, and renders it once more."""

import sys
from collections.abc import Callable
from functools import wraps
from types import FrameType
from typing import TypeVar
from weakref import WeakKeyDictionary

from constructs import IConstruct

_Answer = TypeVar("_Answer")

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


def once_a_synth(ask: Callable[[IConstruct], _Answer]) -> Callable[[IConstruct], _Answer]:
    """The same function, which asks once in a call into cdk8s and keeps the answer for the rest of it."""
    answers: WeakKeyDictionary[IConstruct, tuple[FrameType, _Answer]] = WeakKeyDictionary()

    @wraps(ask)
    def kept(of: IConstruct) -> _Answer:
        synthesis = current_synthesis()
        if synthesis is None:
            return ask(of)
        if of not in answers or answers[of][0] is not synthesis:
            answers[of] = (synthesis, ask(of))
        return answers[of][1]

    return kept

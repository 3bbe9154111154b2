"""Which call into cdk8s is under way: cdk8s validates a whole app anew for each of its charts, and renders it once more."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from types import FrameType
from typing import Final, TypeVar, cast

from constructs import IConstruct

_Of = TypeVar("_Of", bound=IConstruct)
_Answer = TypeVar("_Answer")

_PACKAGE = "cdk8s"


@dataclass
class _Kept:
    synthesis: FrameType | None = None
    answers: dict[tuple[object, IConstruct], object] = field(default_factory=dict)


_kept: Final = _Kept()


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


def once_a_synth(ask: Callable[[_Of], _Answer]) -> Callable[[_Of], _Answer]:
    """The same function, which asks once in a call into cdk8s and keeps the answer for the rest of it.

    jsii keeps every construct for ever: what is kept here goes when the next such call asks.
    """

    @wraps(ask)
    def kept(of: _Of) -> _Answer:
        synthesis = current_synthesis()
        if synthesis is None:
            return ask(of)
        if _kept.synthesis is not synthesis:
            _kept.synthesis, _kept.answers = synthesis, {}
        if (ask, of) not in _kept.answers:
            _kept.answers[ask, of] = ask(of)
        return cast(_Answer, _kept.answers[ask, of])

    return kept

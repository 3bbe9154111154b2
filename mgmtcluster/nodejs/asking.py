"""How Python asks Node.js: from one thread of one process, and without waiting for an answer that it knows already.

Node.js answers in the order in which it is asked. So a known answer is read when an unknown one is needed, and both programs
work until then.
"""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from tempfile import gettempdir
from typing import Any, Final

from jsii._kernel.providers.process import _CompleteRequest, _NodeProcess
from jsii._kernel.types import CreateRequest, LoadRequest, ObjRef, SetRequest
from jsii.errors import ErrorType, JavaScriptError, JSIIError

from mgmtcluster.kinds.errors import InvalidInput

_Message = dict[str, Any]

_send: Final = _NodeProcess.send
_next_message: Final[Callable[[_NodeProcess], Any]] = _NodeProcess._next_message
_handshake: Final = _NodeProcess.handshake

_HELLO: Final[_Message] = {}

#: Node.js never waits for Python to read: this many known answers are a tenth of what a pipe holds.
_MOST_UNREAD: Final = 64

#: What a Python class may define in place of cdk8s without being asked for it while an object is created.
_ASKED_LATER: Final = frozenset({"addJsonPatch", "toJson", "validate"})


@dataclass
class _State:
    asking: tuple[int, threading.Thread] | None = None
    known: _Message | None = None
    unread: deque[_Message] = field(default_factory=deque)
    number: int | None = None  # of the object that was created last, if nothing else was asked since
    counts_up: bool = False
    creates_without_mistake: bool = False
    calls_back: bool = False


_state: Final = _State()


def install() -> None:
    """Ask in this way from now on."""
    _NodeProcess.send = _ask  # type: ignore[method-assign]
    _NodeProcess._next_message = _answer  # type: ignore[method-assign]
    _NodeProcess.handshake = _greet  # type: ignore[method-assign]


@contextmanager
def without_mistake() -> Iterator[None]:
    """Create objects without waiting for the answers. Node.js must have no reason to refuse them."""
    _state.creates_without_mistake = True
    try:
        yield
    finally:
        _state.creates_without_mistake = False


def _ask(self: _NodeProcess, request: Any, response_type: Any) -> Any:
    _refuse_another_thread(request)
    known = _known_answer(request)
    if known is None or len(_state.unread) == _MOST_UNREAD:
        _read_known_answers(self)
    _state.known = known
    try:
        answer = _send(self, request, response_type)
    finally:
        _state.known = None
    if isinstance(request, CreateRequest) or known is None:
        before, _state.number = _state.number, _number(answer)
        _state.counts_up |= before is not None and _state.number == before + 1
    return answer


def _number(answer: Any) -> int | None:
    text = answer.ref.rpartition("@")[2] if isinstance(answer, ObjRef) else ""
    return int(text) if text.isdigit() else None


def _known_answer(request: Any) -> _Message | None:
    match request:
        case LoadRequest() if not request.tarball.startswith(gettempdir()):  # a file there may be gone soon
            return {"ok": {"assembly": request.name, "types": 0}}
        case SetRequest(property="defaultChild"):
            return {"ok": {}}
        case CreateRequest():
            # Node.js numbers its objects. Where it counts up, and calls nobody on the way, the next number is known.
            _state.calls_back |= any(override.property or override.method not in _ASKED_LATER for override in request.overrides)
            is_known = _state.creates_without_mistake and _state.counts_up and not _state.calls_back
            if is_known and _state.number is not None:
                return {"ok": ObjRef(f"{request.fqn}@{_state.number + 1}")}
    return None


def _answer(self: _NodeProcess) -> Any:
    if _state.known is None:
        return _next_message(self)
    known, _state.known = _state.known, None
    _state.unread.append(known)
    return known


def _greet(self: _NodeProcess) -> None:
    # What is in these is JSON already; jsii would look into each value once more.
    self._serializer.register_unstructure_hook(CreateRequest, _creation)
    self._serializer.register_unstructure_hook(_CompleteRequest, _completion)
    _state.unread.append(_HELLO)


def _creation(request: CreateRequest) -> _Message:
    overrides = [{"method": item.method, "property": item.property, "cookie": item.cookie} for item in request.overrides]
    return {"api": "create", "fqn": request.fqn, "args": request.args, "overrides": overrides, "interfaces": request.interfaces}


def _completion(request: _CompleteRequest) -> _Message:
    complete = request.complete
    return {"complete": {"cbid": complete.cbid, "err": complete.err, "result": complete.result}}


def _read_known_answers(self: _NodeProcess) -> None:
    try:
        while _state.unread:
            expected = _state.unread.popleft()
            if expected is _HELLO:
                _handshake(self)
            else:
                _compare(expected, _next_message(self))
    finally:
        while _state.unread:  # after an error, the numbers of the other objects are not the expected ones either
            _state.unread.popleft()
            _next_message(self)


def _compare(expected: _Message, message: _Message) -> None:
    if "error" in message:
        kind = JSIIError if message["name"] == ErrorType.JSII_FAULT.value else RuntimeError
        raise kind(message["error"]) from JavaScriptError(message["stack"])  # type: ignore[no-untyped-call]
    if isinstance(expected["ok"], ObjRef) and message != expected:
        raise RuntimeError(f"Node.js answered {message}, not {expected}: mgmtcluster does not know this version of jsii")


def _refuse_another_thread(request: Any) -> None:
    asks = (os.getpid(), threading.current_thread())
    before = _state.asking
    if before is None or (before[0] == asks[0] and not before[1].is_alive()):
        _state.asking = None if isinstance(request, LoadRequest) else asks  # to import cdk8s is not to use it
    elif before != asks:
        of = f"thread {before[1].name!r}" + (" of the process that this one was forked from" if before[0] != asks[0] else "")
        raise InvalidInput(
            [f"thread {asks[1].name!r}: cdk8s is used by {of}; synthesize there, or in a process of its own that is spawned"]
        )

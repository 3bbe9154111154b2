"""Arguments are checked against their annotations, without asking Node.js before something is wrong."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypedDict, Unpack

import pytest
from cdk8s import App, Chart
from constructs import Construct
from pydantic import Field

from mgmtcluster.kinds.checking import check_fields, checked
from mgmtcluster.kinds.errors import InvalidInput
from mgmtcluster.kinds.network import Port


@dataclass(frozen=True)
class Size:
    """A value that checks itself."""

    width: int


@dataclass(frozen=True)
class Note:
    """Metadata that pydantic does not know."""

    text: str


class Options(TypedDict, total=False):
    """Options with metadata around plain types, dataclasses and unions of both."""

    port: Annotated[Port, Note("a port")]
    size: Annotated[Size, Note("a size")]
    size_or_text: Annotated[Size | str, Note("either")]
    number_or_text: int | str
    names: Sequence[str]
    pair: tuple[int, int]
    kind: Literal["one", "two"]
    labels: Mapping[str, str]
    later: Callable[[], str]
    sizes: Annotated[list[Annotated[Size, Note("one")]], Note("many"), Field(min_length=0)]
    limited: Annotated[Annotated[int, Note("inner")], Field(ge=3), Note("outer")]


class Thing(Construct):
    """A construct that only keeps its options."""

    @checked
    def __init__(self, scope: Construct, id: str, *, wanted: bool = True, **options: Unpack[Options]) -> None:
        super().__init__(scope, id)
        self.wanted, self.options = wanted, options


def refused(**options: Any) -> tuple[str, ...]:
    """What is said of these options."""
    with pytest.raises(InvalidInput) as error:
        Thing(Chart(App(), "test"), "thing", **options)
    return error.value.problems


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"port": 0}, "port: 0 is out of range; write at least 1"),
        ({"port": "1"}, "port: expected a whole number, got '1'; write one, such as 3"),
        ({"size": "big"}, "size: expected Size, got 'big'"),
        ({"size_or_text": 3}, "size_or_text: expected Size or str, got 3"),
        ({"size_or_text": True}, "size_or_text: expected Size or str, got True"),
        ({"number_or_text": True}, "number_or_text: expected int or str, got True"),
        ({"names": "abc"}, "names: expected a list, got 'abc'; write [ … ]"),
        ({"names": 1}, "names: expected a list, got 1; write [ … ]"),
        ({"names": ["a", 1]}, "names.1: expected text, got 1; write it in quotes"),
        ({"pair": [1, 2]}, "pair: expected a tuple, got [1, 2]; write (…, …)"),
        ({"pair": (1, 2, 3)}, "pair: (1, 2, 3) is too long; write at most 2 items"),
        ({"pair": (1,)}, "pair.1: is missing; write it"),
        ({"kind": "three"}, "kind: 'three' is not allowed; write 'one' or 'two'"),
        ({"labels": []}, "labels: expected a mapping, got []; write KEY: VALUE pairs"),
        ({"later": "now"}, "later: expected a function, got 'now'"),
        ({"sizes": 3}, "sizes: expected a list, got 3; write [ … ]"),
        ({"sizes": [Size(1), 2]}, "sizes.1: expected Size, got 2"),
        ({"limited": 2}, "limited: 2 is out of range; write at least 3"),
        ({"wanted": "yes"}, "wanted: expected true or false, got 'yes'; write one of them"),
        ({"prot": 1}, "prot: is not an argument; write port"),
    ],
)
def test_an_argument_is_refused_whatever_metadata_its_type_has(options: dict[str, Any], expected: str) -> None:
    """A dataclass by its class, everything else by pydantic; metadata that pydantic knows counts."""
    assert refused(**options) == (f"test/thing: {expected}",)


def test_an_unknown_argument_is_answered_with_the_known_ones() -> None:
    """Its own, and those of its options."""
    [problem] = refused(colour=1)
    assert problem == f"test/thing: colour: is not an argument; write one of wanted, {', '.join(Options.__annotations__)}"


def test_every_wrong_argument_is_told() -> None:
    """At once."""
    assert len(refused(port=0, size=1, wanted=2, colour=3)) == 4


def test_right_arguments_reach_the_construct_as_they_are() -> None:
    """The same objects."""
    size = Size(1)
    thing = Thing(Chart(App(), "test"), "thing", size=size, sizes=[size], limited=3, size_or_text="a", port=65535)
    assert thing.options["size"] is size
    assert (thing.wanted, thing.options["limited"]) == (True, 3)


def test_node_js_is_asked_for_the_path_of_what_is_wrong_alone() -> None:
    """A path costs two calls."""

    class Scope:
        asked = 0

        @property
        def node(self) -> Any:
            Scope.asked += 1
            return Chart(App(), "test").node

    class Plain:
        @checked  # type: ignore[type-var]
        def __init__(self, scope: Construct, id: str, *, port: Port) -> None:
            self.passed = (scope, id, port)

    scope: Any = Scope()
    assert Plain(scope, "plain", port=1).passed == (scope, "plain", 1)
    assert Scope.asked == 0
    with pytest.raises(InvalidInput, match=r"^test/plain: port: 0 is out of range"):
        Plain(scope, "plain", port=0)
    assert Scope.asked == 1


def test_fields_of_a_dataclass_are_checked_with_their_metadata() -> None:
    """As arguments are."""

    @dataclass(frozen=True)
    class Box:
        port: Annotated[Port, Note("a port")]
        size: Annotated[Size | None, Note("a size")] = None

        def __post_init__(self) -> None:
            check_fields(self, where="Box")

    wrong: Any = "big"
    assert Box(1, Size(1)).size == Size(1)
    with pytest.raises(InvalidInput) as error:
        Box(0, wrong)
    assert error.value.problems == (
        "Box: port: 0 is out of range; write at least 1",
        "Box: size: expected Size or None, got 'big'",
    )

"""Whatever a construct is given, it is refused in lines, or it is rendered."""

import json
import re
from inspect import signature
from typing import Any

import pytest
from hypothesis import given, settings

from mgmtcluster import Context, Init, InvalidInput, ServiceOptions
from mgmtcluster.options import options_of
from tests.constructs.anything import CONTEXTS, OTHERS, SERVICES, synthesized
from tests.constructs.drawing import DRAWN
from tests.constructs.made_up import Define
from tests.constructs.values import OPTIONS

#: How cdk8s writes what a rule says.
_RULE = re.compile(r"^  \[.*\] \S+: .+; .+$")


def told_or_rendered(define: Define, context: Context) -> None:
    """No error of Node.js, and no error of several lines."""
    problems: list[str] = []
    try:
        json.dumps(synthesized(define, context))
    except InvalidInput as error:
        problems = [problem for problem in error.problems if not re.fullmatch(r"\S.*: .+", problem)]
    except RuntimeError as error:
        first, *lines = str(error).splitlines()
        problems = [line for line in lines if not _RULE.match(line)] if "Validation failed" in first and lines else [str(error)]
    assert problems == []


@pytest.mark.parametrize("kind", DRAWN, ids=lambda kind: kind.__qualname__)
def test_every_field_is_drawn(kind: Any) -> None:
    """Of everything that an option may hold; the grants of an init container are made with a database."""
    assert {*signature(kind).parameters} - ({"databases"} if kind is Init else set()) == DRAWN[kind]


def test_every_option_is_drawn() -> None:
    """One that is added is refused or rendered too, and admitted by a server; ``databases`` are made with a database."""
    assert {*options_of(ServiceOptions)} - {"databases"} == {*OPTIONS}


@pytest.mark.filterwarnings("ignore:.*may be a user of the nodes too")
@settings(max_examples=60)
@given(define=SERVICES, context=CONTEXTS)
def test_a_service_is_refused_or_rendered(define: Define, context: Context) -> None:
    """Of all three kinds, with and without a database.

    Takes more than two seconds because sixty apps are synthesized.
    """
    told_or_rendered(define, context)


@settings(max_examples=60)
@given(define=OTHERS, context=CONTEXTS)
def test_every_other_construct_is_refused_or_rendered(define: Define, context: Context) -> None:
    """Databases, their dumps and their exporter, the queue, the provisioner, the Job that makes Secrets.

    Takes more than two seconds because sixty apps are synthesized.
    """
    told_or_rendered(define, context)

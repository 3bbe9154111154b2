"""Whatever a construct is given, it is refused in lines, or it is rendered."""

import json
import re

import pytest
from hypothesis import given, settings

from mgmtcluster import Context, InvalidInput
from tests.constructs.anything import CONTEXTS, OTHERS, SERVICES, synthesized
from tests.constructs.made_up import Define

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

"""Bad input is printed in lines; a defect of the program keeps its trace."""

from collections.abc import Callable

import pytest
from cdk8s import ApiObject, ApiObjectMetadata, App, Chart

from mgmtcluster import InvalidInput, one_line_errors, rules


def failing(fail: Callable[[], object]) -> None:
    """Fail as a program would."""
    with one_line_errors():
        fail()


def synth_with_a_secret() -> None:
    """A synth that a rule refuses."""
    app = App()
    ApiObject(Chart(app, "a", namespace="b"), "c", api_version="v1", kind="Secret", metadata=ApiObjectMetadata(name="token"))
    rules.enforce(app)
    app.synth_yaml()


def refuse() -> None:
    """Refuse two values."""
    raise InvalidInput(["one", "two"])


@pytest.mark.parametrize(
    ("fail", "lines"),
    [
        (refuse, ["mgmtcluster: one", "mgmtcluster: two"]),
        (
            synth_with_a_secret,
            [
                "mgmtcluster: [] Secret/b/token: a Secret would stand in a file for everybody to read; "
                "name one that is made in the cluster"
            ],
        ),
    ],
)
def test_a_problem_is_a_line_and_the_exit_code_is_1(
    fail: Callable[[], object], lines: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """On stderr, whether Python found it or a rule at synth."""
    with pytest.raises(SystemExit) as end:
        failing(fail)
    assert end.value.code == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == lines


@pytest.mark.parametrize("error", [RuntimeError("jsii is gone"), KeyError("x"), ZeroDivisionError()])
def test_a_defect_keeps_its_trace(error: Exception) -> None:
    """It passes through."""

    def fail() -> None:
        raise error

    with pytest.raises(type(error)):
        failing(fail)


def test_an_error_is_a_value_error_with_its_lines() -> None:
    """For programs that catch it."""
    error = InvalidInput(iter(["one", "two"]))
    assert isinstance(error, ValueError)
    assert error.problems == ("one", "two")
    assert str(error) == "one\ntwo"

"""Amounts: of memory, CPUs, storage and pods, each with the check that refuses anything else.

A check raises ``ValueError`` with what was given, what is allowed and what to write; its caller adds where.
"""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

_QUANTITY = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,9})?)(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?")
_FACTORS = {"": 1, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18} | {
    f"{prefix}i": 1024**power for power, prefix in enumerate("KMGTPE", start=1)
}


def quantity_value(text: str) -> float:
    """The number that a Kubernetes quantity stands for: bytes, or CPUs.

    Raises:
        ValueError: the text is no quantity.
    """
    match = _QUANTITY.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is no quantity; write a number and a unit, as in 10Gi, 512Mi or 250m")
    return float(match[1]) * float(_FACTORS[match[2] or ""])


def quantity(text: str) -> str:
    """A Kubernetes quantity above zero."""
    if quantity_value(text) <= 0:
        raise ValueError(f"{text!r} is nothing; write a quantity above zero")
    return text


def memory(text: str) -> str:
    """An amount of memory or of storage for a container: at least 1Mi, which tells 128Mi from a mistaken 128m."""
    return _at_least(text, 1024**2, "1Mi")


def storage(text: str) -> str:
    """A size of a volume: at least 1Gi, less than mongod's journal and a data file need."""
    return _at_least(text, 1024**3, "1Gi")


def _at_least(text: str, amount: int, named: str) -> str:
    if quantity_value(text) < amount:
        raise ValueError(f"{text!r} is smaller than {named}; write {named} or more")
    if quantity_value(text) > 2**60:
        raise ValueError(f"{text!r} is more than any machine has; write 1Ei or less")
    return text


Replicas = Annotated[int, Field(ge=1, le=100)]
UserId = Annotated[int, Field(ge=1, le=2**31 - 1)]
Quantity = Annotated[str, AfterValidator(quantity)]
Memory = Annotated[str, AfterValidator(memory)]
Storage = Annotated[str, AfterValidator(storage)]

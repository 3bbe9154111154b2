"""Amounts of memory, CPUs, storage and pods, with the checks that refuse anything else.

A check raises ``ValueError`` that says what was passed, what is allowed and what to write. Its caller adds where.
"""

import math
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
        ValueError: the text is not a quantity.
    """
    match = _QUANTITY.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is not a Kubernetes quantity; write a number and a unit, as in 10Gi, 512Mi or 250m")
    return float(match[1]) * float(_FACTORS[match[2] or ""])


def quantity(text: str) -> str:
    """A Kubernetes quantity above zero."""
    if quantity_value(text) <= 0:
        raise ValueError(f"{text!r} is not above zero; write more")
    return text


def memory(text: str) -> str:
    """An amount of memory or of storage for a container: at least 1Mi, so that 128m for 128Mi is refused."""
    return _at_least(text, 1024**2, "1Mi")


def storage(text: str) -> str:
    """The size of a volume: at least 1Gi, below which mongod's journal and a data file do not fit."""
    return _at_least(text, 1024**3, "1Gi")


def _at_least(text: str, amount: int, named: str) -> str:
    if quantity_value(text) < amount:
        raise ValueError(f"{text!r} is smaller than {named}; write {named} or more")
    if quantity_value(text) > 2**60:
        raise ValueError(f"{text!r} is more than any machine has; write 1Ei or less")
    return text


def ratio(text: str) -> str:
    """How much larger than another amount one may be: at least as large."""
    if quantity_value(text) < 1:
        raise ValueError(f"{text!r} is less than 1, and no limit is below its request; write 1 or more")
    return text


def least_request(resource: str, *, limit: str, ratio: str) -> str:
    """The least request of ``cpu`` or ``memory`` to which this limit has this ratio, written as the API server writes it."""
    unit, name, larger = (1e-3, "m", (1000, "")) if resource == "cpu" else (1024**2, "Mi", (1024, "Gi"))
    # What floating point adds in the sixteenth digit is not rounded up.
    number = math.ceil(quantity_value(limit) / quantity_value(ratio) / unit - 1e-6)
    return f"{number}{name}" if number % larger[0] else f"{number // larger[0]}{larger[1]}"


Replicas = Annotated[int, Field(ge=1, le=100)]
UserId = Annotated[int, Field(ge=1, le=2**31 - 1)]
Quantity = Annotated[str, AfterValidator(quantity)]
Ratio = Annotated[str, AfterValidator(ratio)]
Memory = Annotated[str, AfterValidator(memory)]
Storage = Annotated[str, AfterValidator(storage)]

"""When something runs: the five fields of cron, as a CronJob reads them."""

import re
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from typing import Annotated, Final

from pydantic import AfterValidator

# First and last number of each field. Sunday is 0: a CronJob knows no 7.
_FIELDS: Final = {"minute": (0, 59), "hour": (0, 23), "day": (1, 31), "month": (1, 12), "weekday": (0, 6)}
_PART = re.compile(r"(\*|[0-9]{1,2}(?:-[0-9]{1,2})?)(?:/([0-9]{1,2}))?")
_MINUTES_A_DAY: Final = 24 * 60


@cache
def _days() -> list[date]:
    """28 years, in which every day of a month, 29 February too, falls on every day of a week."""
    return [date(2001, 1, 1) + timedelta(days=number) for number in range(28 * 366)]


def schedule(text: str) -> str:
    """A cron schedule of five fields in numbers that runs at some time."""
    longest_gap(text)
    return text


def longest_gap(text: str) -> timedelta:
    """The longest time between two runs.

    Raises:
        ValueError: the text is not a cron schedule, or never runs.
    """
    fields = text.split()
    if len(fields) != len(_FIELDS):
        raise ValueError(f"{text!r} is not a cron schedule; write minute hour day month weekday, as in '30 1 * * *'")
    minute, hour, day, month, weekday = (
        _numbers(text, field, name, *limits) for field, (name, limits) in zip(fields, _FIELDS.items(), strict=True)
    )
    # Where both days are named, either will do; where one is every day, the other one decides.
    either = not (_is_every(fields[2]) or _is_every(fields[4]))
    days = [
        number
        for number, today in enumerate(_days())
        if today.month in month and _is_day(today.day in day, today.isoweekday() % 7 in weekday, either=either)
    ]
    if not days:
        raise ValueError(f"{text!r} never runs; write a day that its month has")
    times = sorted(60 * hours + minutes for hours in hour for minutes in minute)
    within_a_day = [later - earlier for earlier, later in pairwise(times)]
    overnight = times[0] - times[-1]
    between_days = [(later - earlier) * _MINUTES_A_DAY + overnight for earlier, later in pairwise(days)]
    return timedelta(minutes=max([*within_a_day, *between_days]))


def _is_every(field: str) -> bool:
    return any(part in ("*", "*/1") for part in field.split(","))


def _is_day(of_month: bool, of_week: bool, *, either: bool) -> bool:
    return of_month or of_week if either else of_month and of_week


def _numbers(text: str, field: str, name: str, first: int, last: int) -> set[int]:
    """The numbers that one field names."""
    numbers: set[int] = set()
    for part in field.split(","):
        match = _PART.fullmatch(part)
        named = _range(match[1], first, last, stepped=bool(match[2])) if match else None
        if match is None or named is None or match[2] == "0":
            raise ValueError(f"{text!r} is not a cron schedule: {name} {field!r}; write {first} to {last}, *, */2, 1-5 or 1,3")
        numbers |= {*named[:: int(match[2] or 1)]}
    return numbers


def _range(text: str, first: int, last: int, *, stepped: bool) -> range | None:
    """The numbers from one to another; with a step, those from a single one to the last."""
    if text == "*":
        return range(first, last + 1)
    begin, _, end = text.partition("-")
    until = int(end) if end else (last if stepped else int(begin))
    return range(int(begin), until + 1) if first <= int(begin) <= until <= last else None


Schedule = Annotated[str, AfterValidator(schedule)]

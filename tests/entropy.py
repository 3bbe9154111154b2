"""Find text that looks like a secret: long, and of characters that nobody chose."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from math import log2

#: Runs of characters that keys, tokens and their encodings are made of.
_RUN = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
_HEXADECIMAL = re.compile(r"[0-9a-fA-F]{24,}")


def entropy(text: str) -> float:
    """Bits a character, by how often each occurs in the text."""
    return -sum(count / len(text) * log2(count / len(text)) for count in Counter(text).values())


def suspicious(text: str) -> Iterator[str]:
    """The parts of a text that look generated: hexadecimal ones, and mixtures of capitals, small letters and digits.

    Words joined by hyphens, slashes or capitals are names and paths.
    """
    for run in _RUN.findall(text):
        hexadecimal = _HEXADECIMAL.search(run.replace("-", "")) and entropy(run) > 2.8
        mixed = all(re.search(kind, run) for kind in ("[a-z]", "[A-Z]", "[0-9]"))
        if hexadecimal or (mixed and entropy(run) > 3.3 and unrest(run) > 0.33):
            yield run


def unrest(text: str) -> float:
    """How often one character is of another kind than the one before: in words and numbers, seldom."""
    kinds = [(each.isdigit(), each.isupper(), each.islower()) for each in text]
    return sum(before != after for before, after in pairwise(kinds)) / len(text)

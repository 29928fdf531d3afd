"""Signs: named features of a text that are not words, such as a link or letters in dress.

A sign is a pure function from a text to spans of the original. `catalogue` is the closed list and
the place to start; `many` answers for many texts at once. The room imports `text`.
"""

from matcher.signs.addresses import LINK_SIGNS, signs_of_link
from matcher.signs.catalogue import SIGNS, Sign, find_signs

__all__ = ["LINK_SIGNS", "SIGNS", "Sign", "find_signs", "signs_of_link"]

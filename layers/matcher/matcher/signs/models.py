"""The sign of names with a number that models of things have, such as ear-buds, phones and trains.

Names of games are made to be said: they have vowels, and their numbers do not begin with 0.
"""

import re

_MODEL = re.compile(r"[b-df-hj-np-tv-z]{3,8}\d{2,3}|[a-z]{3,12}0\d{1,2}")


def is_model(name: str) -> bool:
    """Return whether a name with a number, in small letters, is like that of a model.

    >>> [name for name in ("xkt08", "wfc510", "hoki88", "hoki4d") if is_model(name)]
    ['xkt08', 'wfc510']
    """
    return _MODEL.fullmatch(name) is not None

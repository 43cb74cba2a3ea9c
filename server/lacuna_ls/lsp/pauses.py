"""The garbage collector's pauses, in which the server answers nobody.

A full collection looks at every object there is, all threads waiting: a tenth of a second of
processor time once a search for fixes has made its candidates. What stays for good is exempt from
that, and the rest is mostly free of cycles, so that full collections may be rare.
"""

import gc

_YOUNG, _OF_YOUNG, _OF_MIDDLE = 5_000, 10, 200


def keep_seldom() -> None:
    """From now on a full collection follows ten million new objects, not seventy thousand."""
    gc.set_threshold(_YOUNG, _OF_YOUNG, _OF_MIDDLE)


def exempt_what_is_loaded() -> None:
    """What there is now stays for good: no collection looks at it again."""
    gc.collect()
    gc.freeze()

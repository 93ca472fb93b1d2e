"""Bytes and choices that are seldom odd, for all kinds of recordings."""

from typing import TypeVar

from hypothesis import strategies as st

T = TypeVar("T")
Files = dict[str, bytes]

CANARY = "Zebulon"  # stands in the names of files: no message may hold it
BYTES = (0, 1, 9, 10, 13, 34, 44, 59, 127, 128, 255)


def mostly(usual: T, *odd: T) -> st.SearchStrategy[T]:
    """The usual one, and seldom another."""
    return st.sampled_from((usual,) * (20 * len(odd)) + odd)


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """The bytes with a few changed, left out, put in twice or cut."""
    changed = bytearray(data)
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, max(0, len(changed) - 1)))
        size = draw(st.sampled_from((1, 1, 1, 2, 3, 4, 8, 100)))
        kind = draw(st.sampled_from(("set", "set", "cut", "twice", "put", "end")))
        if kind == "set":
            new = bytes(draw(st.sampled_from(BYTES)) for _ in range(min(size, 4)))
            changed[place : place + len(new)] = new
        elif kind == "cut":
            del changed[place : place + size]
        elif kind == "twice":
            changed[place:place] = changed[place : place + size]
        elif kind == "put":
            changed[place:place] = draw(st.binary(max_size=8))
        else:
            del changed[place:]
    return bytes(changed)

"""Values that are made by the thousand a second.

A frozen attrs class sets each attribute by a call, which takes four times as long as an ordinary assignment. The
classes marked here are made dozens of times a decision. For the type checker they are frozen, so no code of ours
assigns to them; at run time they are ordinary classes with slots, equality and a hash.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attrs import frozen as quick_frozen
else:
    from attrs import define, setters

    quick_frozen = partial(define, unsafe_hash=True, on_setattr=setters.NO_OP)

__all__ = ["quick_frozen"]

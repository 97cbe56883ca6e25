"""What an object keeps alive: memory bounds without a look at private names."""

import gc
import sys
from collections.abc import Iterable, Iterator
from types import FunctionType, ModuleType


def _reachable(root: object) -> Iterator[object]:
    """Every object that `root` alone keeps: code and modules, which all share, left out."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, ModuleType | FunctionType | type):
            continue
        seen.add(id(one))
        yield one
        waiting.extend(gc.get_referents(one))


def held(root: object, texts: Iterable[str]) -> int:
    """How many of these texts it still keeps."""
    wanted = set(texts)
    return len(wanted & {one for one in _reachable(root) if isinstance(one, str)})


def size_of(root: object) -> int:
    """The bytes of everything it keeps."""
    return sum(sys.getsizeof(one) for one in _reachable(root))

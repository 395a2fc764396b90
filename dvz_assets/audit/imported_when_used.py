"""Modules that a library imports when it is loaded itself, loaded when something of them is used and not before.

What a run never uses costs nothing then. Nothing of the library is changed: Python's own ``LazyLoader`` stands in for
the loader of the modules named.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType


class _LazyFinder(MetaPathFinder):
    def __init__(self, names: Sequence[str]) -> None:
        self._names = frozenset(names)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module that was named, with a loader that waits; None leaves all others to the finders behind."""
        if fullname not in self._names:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = LazyLoader(spec.loader)
        return spec


@contextmanager
def imported_when_used(*names: str) -> Iterator[None]:
    """Import modules of these names within the block without running them: their first attribute runs them.

    A package whose submodule is named too is run when the submodule is imported from it. A module that was imported
    before the block stays as it is.
    """
    finder = _LazyFinder(names)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)

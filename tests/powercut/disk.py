"""A disk that forgets: what of a folder survives a power cut, after a recorded sequence of operations.

POSIX promises of a file what was in it when it was synchronised, and of a name that it is there when its folder was.
File systems promise more: ext4 and XFS write changes of names in the sequence in which they were made, and with the
synchronisation of any file all names that were changed before. The content of a file that was not synchronised is
another matter for all of them: it may be missing, or there in part, with zeros between.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PurePosixPath

from tests.powercut.recording import Operation

PAGE = 4096


class Loss(StrEnum):
    """What a cut takes."""

    ALL_UNSYNCED = "everything that was not synchronised, names too"
    CONTENT = "content that was not synchronised; all names are as they were last"
    SOME_NAMES = "content, and the last of the names, in the sequence in which they were changed"
    TORN = "some pages of the content and some of the names, in any sequence"


@dataclass(eq=False, slots=True)
class _Node:
    """A file, or a folder; with what of it is on the disk for sure, and what is not yet."""

    is_folder: bool
    names: dict[str, "_Node"] = field(default_factory=dict)
    safe_names: dict[str, "_Node"] = field(default_factory=dict)
    content: bytearray = field(default_factory=bytearray)
    safe_content: bytes = b""
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)  # without bytes: a new size


# entries that appear, or go, in one step
_Change = list[tuple[_Node, str, _Node | None]]


class Disk:
    """Folders and files as they are, and as a cut would leave them."""

    def __init__(self, root: Path) -> None:
        self._root = PurePosixPath(root)
        self._top = _Node(is_folder=True)
        self._changes: list[_Change] = []
        self._first_unsafe = 0  # changes before it were made before something was synchronised last

    def do(self, operation: Operation) -> None:
        """Carry out an operation; what is outside the folder, or no longer has a name, is let be."""
        match operation.kind:
            case "create" | "mkdir":
                parent, name = self._parent(operation.path)
                if parent is not None and name not in parent.names:
                    self._change([(parent, name, _Node(is_folder=operation.kind == "mkdir"))])
            case "unlink":
                parent, name = self._parent(operation.path)
                if parent is not None and name in parent.names:
                    self._change([(parent, name, None)])
            case "rename" | "link":
                self._move(operation)
            case "sync":
                if (node := self._node(operation.path)) is not None:
                    self._synchronise(node)
            case kind:
                if (node := self._node(operation.path)) is not None:
                    self._write(node, kind, operation)

    def _write(self, node: _Node, kind: str, operation: Operation) -> None:
        if kind == "truncate":
            _resize(node.content, operation.offset)
            node.pending.append((operation.offset, None))
            return
        content = operation.content
        if kind == "copy":
            source, length = self._node(operation.other), int(content)
            assert source is not None, "copied from another folder"
            content = bytes(source.content[:length])
        _put(node.content, operation.offset, content)
        node.pending.append((operation.offset, content))

    def _move(self, operation: Operation) -> None:
        source, old = self._parent(operation.path)
        target, new = self._parent(operation.other)
        if source is None or target is None or old not in source.names:
            return
        moved = source.names[old]
        gone: _Change = [(source, old, None)] if operation.kind == "rename" else []
        self._change([*gone, (target, new, moved)])

    def _change(self, change: _Change) -> None:
        _apply(change, safe=False)
        self._changes.append(change)

    def _synchronise(self, node: _Node) -> None:
        node.safe_content, node.pending = bytes(node.content), []
        self._first_unsafe = len(self._changes)
        if not node.is_folder:
            return
        touching = [change for change in self._changes if any(folder is node for folder, _, _ in change)]
        for change in touching:
            self._make_safe(change)
        self._changes = [change for change in self._changes if change]
        self._first_unsafe = len(self._changes)

    def _make_safe(self, change: _Change) -> None:
        """With it, what was done before to the same names."""
        keys = {(id(folder), name) for folder, name, _ in change}
        for earlier in self._changes:
            if earlier is change:
                break
            if earlier and any((id(folder), name) in keys for folder, name, _ in earlier):
                self._make_safe(earlier)
        _apply(change, safe=True)
        change.clear()

    def files(self) -> dict[str, bytes]:
        """Return all files as programs see them now, by their path below the folder."""
        return dict(_walk(self._top, lambda folder: folder.names, _as_written))

    def after_cut(self, loss: Loss, chance: random.Random) -> dict[str, bytes]:
        """Return the files that are there when power comes back; a folder without files ends with ``/``."""
        changes = [change for change in self._changes if change]
        match loss:
            case Loss.ALL_UNSYNCED:
                survived: list[_Change] = []
            case Loss.CONTENT:
                survived = changes
            case Loss.SOME_NAMES:
                survived = changes[: chance.randint(min(self._first_unsafe, len(changes)), len(changes))]
            case Loss.TORN:
                survived = [change for change in changes if chance.random() < 0.5]
        names: dict[int, dict[str, _Node]] = {}
        for folder, name, node in (entry for change in survived for entry in change):
            entries = names.setdefault(id(folder), dict(folder.safe_names))
            if node is None:
                entries.pop(name, None)
            else:
                entries[name] = node
        content: Callable[[_Node], bytes] = (
            _unsynced_lost if loss is not Loss.TORN else lambda file: _torn(file, chance)
        )
        return dict(_walk(self._top, lambda folder: names.get(id(folder), folder.safe_names), content))

    def _node(self, path: str) -> _Node | None:
        parent, name = self._parent(path)
        if parent is None:
            return self._top if PurePosixPath(path) == self._root else None
        return parent.names.get(name)

    def _parent(self, path: str) -> tuple[_Node | None, str]:
        try:
            parts = PurePosixPath(path).relative_to(self._root).parts
        except ValueError:
            return None, ""
        if not parts:
            return None, ""
        node: _Node | None = self._top
        for part in parts[:-1]:
            node = None if node is None else node.names.get(part)
        return node, parts[-1]


def digest(files: dict[str, bytes]) -> int:
    """Return what tells one state from another, in this process."""
    return hash(tuple(sorted(files.items())))


def _apply(change: _Change, *, safe: bool) -> None:
    for folder, name, node in change:
        entries = folder.safe_names if safe else folder.names
        if node is None:
            entries.pop(name, None)
        else:
            entries[name] = node


def _walk(
    folder: _Node, names: Callable[[_Node], dict[str, _Node]], content: Callable[[_Node], bytes], above: str = ""
) -> Iterator[tuple[str, bytes]]:
    entries = names(folder)
    if not entries and above:
        yield above, b""
    for name, node in sorted(entries.items()):
        if node.is_folder:
            yield from _walk(node, names, content, f"{above}{name}/")
        else:
            yield f"{above}{name}", content(node)


def _as_written(file: _Node) -> bytes:
    return bytes(file.content) if file.pending else file.safe_content


def _unsynced_lost(file: _Node) -> bytes:
    if not file.pending:
        return file.safe_content  # itself, of which Python knows the hash
    content = bytearray(file.safe_content)
    for offset, written in file.pending:
        if written is None and offset < len(content):
            _resize(content, offset)  # that it became shorter is a change of the file, as a name is one of a folder
    return bytes(content)


def _torn(file: _Node, chance: random.Random) -> bytes:
    if not file.pending:
        return file.safe_content
    content = bytearray(file.safe_content)
    for offset, written in file.pending:
        if written is None:
            _resize(content, offset)
            continue
        at = offset
        while at < offset + len(written):
            end = min(offset + len(written), (at // PAGE + 1) * PAGE)
            if chance.random() < 0.5:
                _put(content, at, written[at - offset : end - offset])
            at = end
    return bytes(content)


def _put(content: bytearray, offset: int, written: bytes) -> None:
    if len(content) < offset:
        _resize(content, offset)
    content[offset : offset + len(written)] = written


def _resize(content: bytearray, size: int) -> None:
    if size < len(content):
        del content[size:]
    else:
        content.extend(bytes(size - len(content)))

"""File operations of a program, recorded by strace: what changed below one folder, in sequence.

Writes into shared mappings are not recorded: SQLite alone makes them, into the index of its log, which it builds anew.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

# of reading, strace tells only how much: it moves the position at which the next write goes
COUNTED = ("read", "readv")
TRACED = (
    *COUNTED,
    *("open", "openat", "creat", "close", "dup", "dup2", "dup3", "fcntl", "lseek", "chdir", "clone", "clone3", "fork"),
    *("vfork", "write", "pwrite64", "writev", "pwritev", "pwritev2", "truncate", "ftruncate", "fallocate", "sendfile"),
    *("copy_file_range", "rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat", "unlink"),
    *("unlinkat", "mkdir", "mkdirat", "rmdir", "fsync", "fdatasync"),
)
CALL = re.compile(r"^(\d+) +(\w+)\((.*)\) += (-?(?:0x)?[0-9a-f]+)(?: .*)?$", re.DOTALL)
UNFINISHED = re.compile(r"^(\d+) +(.*) <unfinished \.\.\.>$", re.DOTALL)
RESUMED = re.compile(r"^(\d+) +<\.\.\. \w+ resumed>(.*)$", re.DOTALL)
TEXT = re.compile(r'"([^"]*)"')
ARGUMENT = re.compile(r'\s*("[^"]*"|\[[^\]]*\]|\{[^}]*\}|[^,]+)\s*(?:,|$)')


@dataclass(frozen=True, slots=True)
class Operation:
    """One change: ``kind`` with the path it is made to, and what the kind needs."""

    kind: str
    path: str
    other: str = ""
    offset: int = 0
    content: bytes = b""


@dataclass(slots=True)
class _Open:
    path: str
    position: int = 0
    appends: bool = False


@dataclass(slots=True)
class _Process:
    folder: str
    files: dict[int, _Open] = field(default_factory=dict)


def is_possible() -> bool:
    """Return whether strace is here and may look at a program."""
    if shutil.which("strace") is None:
        return False
    return (
        subprocess.run(["strace", "-qq", "-e", "trace=none", "true"], capture_output=True, check=False).returncode == 0
    )


def record(program: Sequence[str], trace: Path, folder: Path) -> None:
    """Run a program in a folder and write its calls; raises CalledProcessError when it fails."""
    options = ["-f", "-qq", "-xx", "-s", "100000000", "-e", f"raw={','.join(COUNTED)}", "-e", "signal=none"]
    strace = ["strace", "--seccomp-bpf", *options, "-e", f"trace={','.join(f'?{name}' for name in TRACED)}"]
    subprocess.run([*strace, "-o", str(trace), *program], cwd=folder, check=True)


def operations(trace: Path, below: Path, started_in: Path) -> Iterator[Operation]:
    """Read what a recorded program changed below a folder; failed calls changed nothing."""
    return _Reader(str(below), str(started_in)).read(trace)


class _Reader:
    """Follows open files, so that each write has a path and a place."""

    def __init__(self, below: str, started_in: str) -> None:
        self._below, self._started_in = below, started_in
        self._processes: dict[str, _Process] = {}
        self._sizes: dict[str, int] = {}

    def read(self, trace: Path) -> Iterator[Operation]:
        for process, name, arguments, result in _calls(trace):
            if result < 0:
                continue
            for operation in self._operations(self._process(process), name, arguments, result):
                if operation.path.startswith(self._below) or operation.other.startswith(self._below):
                    yield operation

    def _process(self, process: str) -> _Process:
        return self._processes.setdefault(process, _Process(self._started_in))

    def _operations(self, process: _Process, name: str, given: list[str], result: int) -> Iterator[Operation]:
        match name:
            case "open" | "openat" | "creat":
                at, flags = (given, given[1:]) if name != "openat" else (given[1:], given[2:])
                path = self._path(process, at[0], given[0] if name == "openat" else "AT_FDCWD")
                text = flags[0] if name != "creat" else "O_CREAT|O_TRUNC"
                yield from self._opened(process, path, text, result)
            case "close":
                process.files.pop(int(given[0]), None)
            case "dup" | "dup2" | "dup3":
                self._same(process, int(given[0]), result)
            case "fcntl" if "F_DUPFD" in given[1]:
                self._same(process, int(given[0]), result)
            case "chdir":
                process.folder = self._path(process, given[0])
            case "clone" | "clone3" | "fork" | "vfork":
                shares = "CLONE_FILES" in ",".join(given)
                copied = {
                    number: _Open(each.path, each.position, each.appends) for number, each in process.files.items()
                }
                self._processes[str(result)] = process if shares else _Process(process.folder, copied)
            case "read" | "readv":
                if (file := process.files.get(int(given[0], 0))) is not None:
                    file.position += result
            case "lseek":
                if (file := process.files.get(int(given[0]))) is not None:
                    file.position = result
            case "rename" | "link":
                yield self._moved(name, self._path(process, given[0]), self._path(process, given[1]))
            case "renameat" | "renameat2" | "linkat":
                source, target = self._path(process, given[1], given[0]), self._path(process, given[3], given[2])
                yield self._moved("rename" if name.startswith("rename") else "link", source, target)
            case "unlink" | "rmdir":
                yield self._removed(self._path(process, given[0]))
            case "unlinkat":
                yield self._removed(self._path(process, given[1], given[0]))
            case "mkdir":
                yield Operation("mkdir", self._path(process, given[0]))
            case "mkdirat":
                yield Operation("mkdir", self._path(process, given[1], given[0]))
            case "truncate":
                yield self._truncated(self._path(process, given[0]), int(given[1]))
            case _:
                if (file := process.files.get(int(given[0]))) is not None:
                    yield from self._written(process, file, name, given, result)

    def _opened(self, process: _Process, path: str, flags: str, number: int) -> Iterator[Operation]:
        process.files[number] = _Open(path, appends="O_APPEND" in flags)
        if not path.startswith(self._below):
            return
        if "O_CREAT" in flags and path not in self._sizes:
            self._sizes[path] = 0
            yield Operation("create", path)
        if "O_TRUNC" in flags and self._sizes.get(path):
            yield self._truncated(path, 0)

    def _written(self, process: _Process, file: _Open, name: str, given: list[str], result: int) -> Iterator[Operation]:
        match name:
            case "fsync" | "fdatasync":
                yield Operation("sync", file.path)
            case "ftruncate":
                yield self._truncated(file.path, int(given[1]))
            case "fallocate":
                size = int(given[2]) + int(given[3])
                if size > self._sizes.get(file.path, 0) and "KEEP_SIZE" not in given[1]:
                    yield self._truncated(file.path, size)
            case "write" | "writev":
                at = self._sizes.get(file.path, 0) if file.appends else file.position
                yield self._put(file, at, _content(given[1])[:result])
                file.position = at + result
            case "pwrite64" | "pwritev" | "pwritev2":
                yield self._put(file, int(given[3]), _content(given[1])[:result])
            case "sendfile" | "copy_file_range":
                source = process.files.get(int(given[1] if name == "sendfile" else given[0]))
                target = file if name == "sendfile" else process.files.get(int(given[2]))
                if source is not None and target is not None and target.path.startswith(self._below):
                    yield Operation("copy", target.path, source.path, target.position, str(result).encode())
                    target.position += result
                    source.position += result
                    self._sizes[target.path] = max(self._sizes.get(target.path, 0), target.position)
            case "fcntl":
                pass
            case other:
                raise ValueError(f"{other}: not followed")

    def _put(self, file: _Open, at: int, content: bytes) -> Operation:
        self._sizes[file.path] = max(self._sizes.get(file.path, 0), at + len(content))
        return Operation("write", file.path, offset=at, content=content)

    def _truncated(self, path: str, size: int) -> Operation:
        self._sizes[path] = size
        return Operation("truncate", path, offset=size)

    def _removed(self, path: str) -> Operation:
        self._sizes.pop(path, None)
        return Operation("unlink", path)

    def _moved(self, kind: str, source: str, target: str) -> Operation:
        moved = {path: size for path, size in self._sizes.items() if path == source or path.startswith(f"{source}/")}
        for path, size in moved.items():
            self._sizes[target + path.removeprefix(source)] = size
            if kind == "rename":
                del self._sizes[path]
        if kind == "rename":
            # a file that is open goes on under its new name
            for process in self._processes.values():
                for file in process.files.values():
                    if file.path == source or file.path.startswith(f"{source}/"):
                        file.path = target + file.path.removeprefix(source)
        return Operation(kind, source, target)

    def _same(self, process: _Process, number: int, other: int) -> None:
        if number in process.files:
            process.files[other] = process.files[number]
        else:
            process.files.pop(other, None)

    def _path(self, process: _Process, text: str, folder: str = "AT_FDCWD") -> str:
        base = process.folder
        if not folder.startswith("AT_FDCWD") and (opened := process.files.get(int(folder))) is not None:
            base = opened.path
        return os.path.normpath(Path(base, os.fsdecode(_content(text))))


def _calls(trace: Path) -> Iterator[tuple[str, str, list[str], int]]:
    unfinished: dict[str, str] = {}
    with trace.open("r", encoding="ascii", errors="replace") as lines:
        for line in lines:
            text = line.rstrip("\n")
            if broken := UNFINISHED.match(text):
                unfinished[broken[1]] = broken[2]
                continue
            if resumed := RESUMED.match(text):
                text = f"{resumed[1]} {unfinished.pop(resumed[1], '')}{resumed[2]}"
            if (call := CALL.match(text)) and call[2] in TRACED:
                yield call[1], call[2], [each.strip() for each in ARGUMENT.findall(call[3])], int(call[4], 0)


def _content(text: str) -> bytes:
    """The bytes of a text, or of the texts of several buffers."""
    return b"".join(bytes.fromhex(each.replace("\\x", "")) for each in TEXT.findall(text))

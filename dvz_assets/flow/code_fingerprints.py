"""Hashes of the code that computes an asset: its SQL, its table, and the Python that writes or judges its rows.

What a person reads in the code (comments, docstrings, white space, the meaning of a column) is no part of them, and
neither are versions: the hashes of the same code are the same under every DuckDB and every Python.
"""

import ast
import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from dvz_assets import project_files
from dvz_assets.flow.assets import ASSETS, Writer
from dvz_assets.flow.sql_files import sql_text
from dvz_assets.months import Month
from dvz_assets.tables.lake import LAKE_TABLES
from dvz_assets.tables.model import Table

# texts and quoted names are left as they are; what is no comment is a word, or a sign of one character
SQL_TOKENS = re.compile(r"""--[^\n]*|/\*.*?\*/|('(?:[^']|'')*'|"(?:[^"]|"")*"|\w+|[^\w\s])""", re.DOTALL)
# what another version of Python adds to a tree, or leaves out of it
NO_MEANING = ("ctx", "kind", "type_comment", "type_ignores")


def code_inputs(asset: str, month: Month) -> dict[str, str]:
    """Return the hashes of the code that computes an asset in a month, as inputs of its partition."""
    statement = sql_text(asset, month) if ASSETS[asset].writer is Writer.SQL else None
    return dict(_hashes(asset, project_files.PACKAGE, LAKE_TABLES[asset].at(str(month)), statement))


def code_version(asset: str) -> str:
    """Return one short hash of the newest code of an asset, for the Dagster UI."""
    statement = sql_text(asset) if ASSETS[asset].writer is Writer.SQL else None
    return _hash(_hashes(asset, project_files.PACKAGE, LAKE_TABLES[asset], statement))[:16]


@cache
def _hashes(asset: str, package: Path, table: Table, statement: str | None) -> dict[str, str]:
    modules = [package.joinpath(*module.split(".")).with_suffix(".py") for module in sorted(ASSETS[asset].python)]
    return {
        **({} if statement is None else {"sql": sql_hash(statement)}),
        "table": _hash(_structure(table)),
        "python": _hash([_module_hash(path) for path in modules]),
    }


def sql_hash(text: str) -> str:
    """Return the hash of a statement without its comments and white space."""
    return _hash([token for token in SQL_TOKENS.findall(text) if token])


def _structure(table: Table) -> dict[str, Any]:
    return {"key": table.key, "columns": [(column.name, column.type) for column in table.columns]}


@cache
def _module_hash(path: Path) -> str:
    return python_hash(path.read_text("utf-8"))


def python_hash(text: str) -> str:
    """Return the hash of a module's syntax tree without its docstrings."""
    return _hash(_plain(ast.parse(text)))


def _plain(node: object) -> Any:
    """A syntax tree as lists; what is empty is left out, as a later Python may know more that can be empty."""
    match node:
        case ast.AST():
            fields = {name: value for name, value in ast.iter_fields(node) if name not in NO_MEANING}
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                fields["body"] = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
            return [
                type(node).__name__,
                *([name, _plain(fields[name])] for name in sorted(fields) if fields[name] not in (None, [])),
            ]
        case list():
            return [_plain(each) for each in node]
    return repr(node)


def _hash(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

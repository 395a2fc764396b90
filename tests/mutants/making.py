"""Makes mutants of a SQL file: each is the same statement with one place changed, as an author might get it wrong."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import sqlglot
from sqlglot import exp

DIALECT = "duckdb"
LONGEST = 100  # characters of a place that is shown

Change = tuple[str, Callable[[exp.Expr], exp.Expr]]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mutant: its file, a name that stays while the place is written as it is, and its text."""

    file: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Place:
    """A change that can be made at one node of a file's tree."""

    file: str
    tree: exp.Expr
    node: int
    name: str
    change: Callable[[exp.Expr], exp.Expr]

    def mutant(self) -> Mutant:
        """The statement with the change."""
        copy = self.tree.copy()
        node = next(each for number, each in enumerate(copy.walk()) if number == self.node)
        new = self.change(node)
        if new is not node:  # what was changed in place, or left out, is done
            node.replace(new)
        return Mutant(self.file, self.name, copy.sql(DIALECT))


def places(path: Path, name: str) -> Iterator[Place]:
    """Where a file can be changed, and how; changes that would bear one name are numbered from the second on."""
    tree = sqlglot.parse_one(path.read_text("utf-8"), read=DIALECT)
    named: Counter[str] = Counter()
    for number, node in enumerate(tree.walk()):
        for what, change in _changes(node):
            text = f"{name}: {what}: {_shown(node)}"
            named[text] += 1
            yield Place(name, tree, number, text if named[text] == 1 else f"{text} ({named[text]})", change)


def distinct(made: Iterable[Place]) -> Iterator[Mutant]:
    """Make mutants; two that are the same statement, or are written as the file itself, are made once."""
    seen: set[str] = set()
    for place in made:
        if place.file not in seen:
            seen |= {place.file, place.tree.sql(DIALECT)}
        mutant = place.mutant()
        if mutant.text not in seen:
            seen.add(mutant.text)
            yield mutant


def _changes(node: exp.Expr) -> Iterator[Change]:
    yield from _comparisons(node)
    yield from _predicates(node)
    yield from _joins_and_sets(node)
    yield from _branches(node)
    yield from _values(node)
    yield from _windows(node)


COMPARISONS: dict[type[exp.Expr], Sequence[type[exp.Expr]]] = {
    exp.EQ: (exp.NEQ,),
    exp.NEQ: (exp.EQ,),
    exp.LT: (exp.LTE, exp.GT),
    exp.LTE: (exp.LT,),
    exp.GT: (exp.GTE, exp.LT),
    exp.GTE: (exp.GT,),
    exp.Add: (exp.Sub,),
    exp.Sub: (exp.Add,),
    exp.Min: (exp.Max,),
    exp.Max: (exp.Min,),
    exp.And: (exp.Or,),
    exp.Or: (exp.And,),
}


def _comparisons(node: exp.Expr) -> Iterator[Change]:
    for other in COMPARISONS.get(type(node), ()):
        yield f"{other.__name__} for {type(node).__name__}", partial(_of_another_kind, kind=other)
    if isinstance(node, exp.Between):
        yield "low end excluded", lambda each: _between(each, exp.GT, exp.LTE)
        yield "high end excluded", lambda each: _between(each, exp.GTE, exp.LT)


def _of_another_kind(node: exp.Expr, kind: type[exp.Expr]) -> exp.Expr:
    return kind(**{name: value.copy() for name, value in node.args.items() if isinstance(value, exp.Expr)})


def _between(node: exp.Expr, low: type[exp.Expr], high: type[exp.Expr]) -> exp.Expr:
    value = node.this
    return exp.paren(
        exp.and_(
            low(this=value.copy(), expression=node.args["low"].copy()),
            high(this=value.copy(), expression=node.args["high"].copy()),
        )
    )


def _predicates(node: exp.Expr) -> Iterator[Change]:
    match node:
        case exp.And() | exp.Or():
            yield "without the right side", lambda each: each.this.copy()
            yield "without the left side", lambda each: each.expression.copy()
        case exp.Not():
            yield "without NOT", lambda each: each.this.copy()
        case exp.Exists() | exp.In() | exp.Is():
            yield "negated", lambda each: exp.paren(exp.not_(each.copy()))
        case exp.Where() | exp.Having() | exp.Qualify():
            yield "without it", _left_out
        case exp.Filter():
            yield "without FILTER", lambda each: each.this.copy()


def _left_out(node: exp.Expr) -> exp.Expr:
    node.pop()
    return node


def _joins_and_sets(node: exp.Expr) -> Iterator[Change]:
    match node:
        case exp.Join() if node.side == "LEFT" and node.kind == "":
            yield "INNER for LEFT", lambda each: _with(each, side=None)
        case exp.Join() if node.kind in ("SEMI", "ANTI"):
            yield (
                "SEMI for ANTI, or ANTI for SEMI",
                lambda each: _with(each, kind="ANTI" if each.args["kind"] == "SEMI" else "SEMI"),
            )
        case exp.Join() if (
            not node.side and node.kind in ("", "INNER") and (node.args.get("on") or node.args.get("using"))
        ):
            yield "LEFT for INNER", lambda each: _with(each, side="LEFT", kind=None)
        case exp.Select() if node.args.get("distinct"):
            yield "without DISTINCT", lambda each: _with(each, distinct=None)
        case exp.Union():
            yield "UNION for UNION ALL, or the other", lambda each: _with(each, distinct=not each.args["distinct"])
        case exp.Distinct() if not isinstance(node.parent, exp.Select):
            yield "without DISTINCT", lambda each: each.expressions[0].copy()


def _with(node: exp.Expr, **arguments: object) -> exp.Expr:
    for name, value in arguments.items():
        node.set(name, value)
    return node


def _branches(node: exp.Expr) -> Iterator[Change]:
    match node:
        case exp.Case():
            for number in range(len(node.args["ifs"])):
                if len(node.args["ifs"]) > 1:
                    yield f"without branch {number + 1}", partial(_without_branch, number=number)
            if node.args.get("default"):
                yield "without ELSE", lambda each: _with(each, default=None)
        case exp.Coalesce():
            yield "first value only", lambda each: each.this.copy()
            yield "without the first value", lambda each: each.expressions[0].copy()


def _without_branch(node: exp.Expr, number: int) -> exp.Expr:
    return _with(node, ifs=[branch for position, branch in enumerate(node.args["ifs"]) if position != number])


def _values(node: exp.Expr) -> Iterator[Change]:
    match node:
        case exp.Literal() if node.is_int and node.find_ancestor(exp.DataType) is None:
            yield "one more", lambda each: _number(each, 1)
            yield "one less", lambda each: _number(each, -1)
        case exp.Boolean() if not isinstance(node.parent, exp.ArraySort):  # whose flags the parser has added
            yield "the other", lambda each: exp.Boolean(this=not each.this)


def _number(node: exp.Expr, by: int) -> exp.Expr:
    value = int(node.name) + by
    # INTERVAL has its number as text
    return (
        exp.Literal.string(str(value))
        if node.is_string
        else exp.Literal.number(str(value))
        if value >= 0
        else exp.Neg(this=exp.Literal.number(str(-value)))
    )


def _windows(node: exp.Expr) -> Iterator[Change]:
    match node:
        case exp.Window():
            if node.args.get("partition_by"):
                yield "without PARTITION BY", lambda each: _with(each, partition_by=None)
            if node.args.get("spec"):
                yield "without its frame", lambda each: _with(each, spec=None)
        case exp.Ordered() if isinstance(node.find_ancestor(exp.Window, exp.Select), exp.Window):
            yield "other direction", lambda each: _with(each, desc=not each.args.get("desc"))


def _shown(node: exp.Expr) -> str:
    """The place, with what is around it where it says too little."""
    around = node
    while len(around.sql(DIALECT)) < 12 and around.parent is not None:
        around = around.parent
    text = around.sql(DIALECT)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"

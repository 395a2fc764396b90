"""``dvz contracts``: the contracts for the neighbours of the flow, as files."""

from pathlib import Path
from typing import Annotated

import typer

from dvz_assets.cli.console import command, output


def contracts(
    folder: Annotated[Path, typer.Argument(help="Folder for the files; it is made.")],
) -> None:
    """Write Open Data Contract Standard files: statement, register, delivery and the two published databases."""
    from dvz_assets.report.contracts import contract_of, neighbours

    with command():
        folder.mkdir(parents=True, exist_ok=True)
        for neighbour in neighbours():
            path = folder / f"{neighbour.name}.odcs.yaml"
            path.write_text(contract_of(neighbour).to_yaml(), encoding="utf-8")
            output.print(f"Written: {path}", markup=False, soft_wrap=True)

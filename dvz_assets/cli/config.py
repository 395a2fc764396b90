"""``dvz config``: every setting with its value and meaning."""

from dvz_assets.cli.console import HomeOption, JsonOption, LandingOption, command, output


def config(landing: LandingOption = None, home: HomeOption = None, json: JsonOption = False) -> None:
    """Show the settings in force.

    A setting comes from the environment (DVZ_<NAME>), is overruled by dvz.toml in the working directory, and that by
    an option of the command line.
    """
    from rich.table import Table

    from dvz_assets.settings import Settings

    with command():
        settings = Settings.load(landing=landing, home=home)
        values = settings.model_dump(mode="json")
        if json:
            output.print_json(data=values)
            return
        table = Table("setting", "value", "meaning", box=None, pad_edge=False)
        for name, field in Settings.model_fields.items():
            table.add_row(name, str(values[name]), field.description or "")
        output.print(table)

"""``dvz config``: every setting with its value and meaning."""

from dvz_assets.cli.console import HomeOption, JsonOption, LandingOption, command, output


def config(landing: LandingOption = None, home: HomeOption = None, json: JsonOption = False) -> None:
    """Show the settings in force.

    A setting is what an option of the command line says; without one the environment (DVZ_<NAME>); without that
    dvz.toml in the working directory; else its default.
    """
    from rich.table import Table

    from dvz_assets.settings import Settings

    with command(json=json):
        settings = Settings.load(landing=landing, home=home)
        values = settings.model_dump(mode="json")
        if json:
            output.print_json(data=values)
            return
        table = Table("setting", "value", "meaning", box=None, pad_edge=False)
        for name, field in Settings.model_fields.items():
            table.add_row(name, str(values[name]), field.description or "")
        output.print(table)

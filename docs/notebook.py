"""A notebook on the analysts' file: ``marimo edit docs/notebook.py``, or as a script ``python docs/notebook.py``.

It asks ``.dvz/published/analytics.duckdb``, or the file that the environment variable ``DVZ_ANALYTICS`` names. It needs
marimo, DuckDB, Polars and Altair; a test runs it.
"""

import marimo

app = marimo.App(width="medium", app_title="Persons with aid, and persons sent")


@app.cell
def _():
    import os

    import altair
    import duckdb
    import marimo as mo

    # read-only: whoever has it open keeps this version, and no run waits for it
    file = duckdb.connect(os.environ.get("DVZ_ANALYTICS", ".dvz/published/analytics.duckdb"), read_only=True)

    def ask(question, *values):
        return file.sql(question, params=list(values)).pl()

    return altair, ask, mo


@app.cell
def _(ask, mo):
    first, last = ask("SELECT min(month), max(month) FROM month_overview").row(0)
    mo.md(
        f"""
        # Persons with aid, and persons sent

        {first:%Y-%m} to {last:%Y-%m}. Counts of persons are protected: empty where they are small (`suppressed`), zero
        aside, else rounded, so that they do not add up. `docs/dictionary.md` says what each column is.
        """
    )
    return


@app.cell
def _(ask):
    shares = ask("SELECT month, selection_one, sent, percent_sent FROM answers.sent_share ORDER BY month")
    shares
    return (shares,)


@app.cell
def _(ask, mo):
    dimensions = ask("SELECT DISTINCT dimension FROM aided_persons ORDER BY ALL")["dimension"].to_list()
    dimension = mo.ui.dropdown(dimensions, value="REGION", label="Persons with aid by")
    period = mo.ui.radio(["MONTH", "QUARTER", "YEAR"], value="QUARTER", label="Period")
    mo.hstack([dimension, period])
    return dimension, period


@app.cell
def _(ask, dimension, period):
    aided = ask(
        "SELECT month, value, persons, months_shown, months FROM answers.aided_by_period "
        "WHERE dimension = ? AND period = ? ORDER BY ALL",
        dimension.value,
        period.value,
    )
    aided
    return (aided,)


@app.cell
def _(aided, altair):
    picture = (
        altair.Chart(aided)
        .mark_line(point=True)
        .encode(x="month:T", y=altair.Y("persons:Q", scale=altair.Scale(zero=True)), color="value:N")
    )
    picture
    return (picture,)


@app.cell
def _(ask):
    # who was sent, of the groups that are shown; amounts are rounded to a number that nobody's amount exceeds
    sent = ask(
        "SELECT month, category, ground, persons, aid_amount_granted FROM monthly_summary "
        "WHERE NOT suppressed ORDER BY ALL"
    )
    sent
    return (sent,)


if __name__ == "__main__":
    app.run()

"""Pictures as SVG text: drawn by Altair, rendered by vl-convert without a browser. Counts only."""

import base64
from collections.abc import Sequence
from functools import cache

from dvz_assets.tables.protection import told

# None: the count is hidden
Bar = tuple[str, int | None]
BLUE, ORANGE, GREY = "#2f6db3", "#c2571a", "#6b7280"
FONT, SIZE = "system-ui, sans-serif", 12


@cache
def funnel(bars: tuple[Bar, ...], width: int = 360) -> str:
    """Persons by the step at which their way ends, top to bottom; SENT stands out."""
    import altair as alt

    rows = [
        {"step": step, "persons": persons or 0, "label": str(told(persons)), "is_sent": step == "SENT"}
        for step, persons in bars
    ]
    base = alt.Chart(alt.InlineData(values=rows), width=width, height=alt.Step(20)).encode(
        y=alt.Y("step:N", sort=None, title=None, axis=alt.Axis(ticks=False, domain=False, labelLimit=240)),
        x=alt.X("persons:Q", title="persons", axis=alt.Axis(grid=False, tickMinStep=1, tickCount=5)),
    )
    marks = base.mark_bar().encode(
        color=alt.condition("datum.is_sent", alt.value(ORANGE), alt.value(BLUE)),
    )
    labels = base.mark_text(align="left", dx=4, color=GREY, fontSize=SIZE).encode(text="label:N")
    return _svg(marks + labels)


@cache
def trend(months: tuple[str, ...], series: tuple[tuple[str, tuple[int | None, ...]], ...]) -> str:
    """Persons over months, one panel per series, each with its own scale from zero."""
    import altair as alt

    panels = []
    for name, values in series:
        labelled = name == series[-1][0]  # one row of months, below the last panel
        rows = [{"month": month, "persons": value} for month, value in zip(months, values, strict=True)]
        panels.append(
            alt.Chart(alt.InlineData(values=rows), title=name, width=740, height=90)
            .mark_line(point=alt.OverlayMarkDef(color=BLUE), color=BLUE)
            .encode(
                x=alt.X("month:O", title=None, axis=alt.Axis(labelAngle=-90, labels=labelled)),
                y=alt.Y("persons:Q", title="persons", scale=alt.Scale(zero=True), axis=alt.Axis(tickMinStep=1)),
            )
        )
    return _svg(alt.vconcat(*panels))


def markdown_picture(svg: str, alternative: str) -> str:
    """The picture inside Markdown, as the Dagster UI shows it."""
    return f"![{alternative}](data:image/svg+xml;base64,{base64.b64encode(svg.encode('utf-8')).decode('ascii')})"


def funnel_table(bars: Sequence[Bar]) -> str:
    """The same as a Markdown table."""
    return "\n".join(["| step | persons |", "|---|---:|", *(f"| {step} | {told(persons)} |" for step, persons in bars)])


def _svg(chart: object) -> str:
    import altair as alt
    import vl_convert

    assert isinstance(chart, alt.TopLevelMixin)
    styled = chart.configure(background="transparent", font=FONT).configure_view(strokeWidth=0)
    styled = styled.configure_axis(
        labelColor=GREY, titleColor=GREY, labelFontSize=SIZE, titleFontSize=SIZE
    ).configure_title(color=GREY, anchor="start")
    return vl_convert.vegalite_to_svg(styled.to_dict())

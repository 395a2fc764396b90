"""Pictures as SVG text: stated in Vega-Lite, rendered by vl-convert without a browser. Counts only."""

import base64
from collections.abc import Sequence
from functools import cache
from typing import Any

from dvz_assets.tables.protection import told

# None: the count is hidden
Bar = tuple[str, int | None]
BLUE, ORANGE, GREY = "#2f6db3", "#c2571a", "#6b7280"
FONT, SIZE = "system-ui, sans-serif", 12
TREND_WIDTH = 330
LEAST_SCALE = 10
SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
STYLE = {
    "background": "transparent",
    "font": FONT,
    "view": {"strokeWidth": 0},
    "axis": {"labelColor": GREY, "titleColor": GREY, "labelFontSize": SIZE, "titleFontSize": SIZE},
    "title": {"color": GREY, "anchor": "start", "frame": "group"},
}


@cache
def funnel(bars: tuple[Bar, ...], width: int = 360) -> str:
    """Persons by the step at which their way ends, top to bottom; SENT stands out."""
    rows = [
        {"step": step, "persons": persons or 0, "label": str(told(persons)), "is_sent": step == "SENT"}
        for step, persons in bars
    ]
    position = {
        "x": {
            "field": "persons",
            "type": "quantitative",
            "title": "persons",
            "axis": {"grid": False, "tickMinStep": 1, "tickCount": 5},
        },
        "y": {
            "field": "step",
            "type": "nominal",
            "title": None,
            "sort": None,
            "axis": {"ticks": False, "domain": False, "labelLimit": 240},
        },
    }
    colour = {"condition": {"test": "datum.is_sent", "value": ORANGE}, "value": BLUE}
    count = {"field": "label", "type": "nominal"}
    label = {"type": "text", "align": "left", "dx": 4, "color": GREY, "fontSize": SIZE}
    return _svg(
        {
            "data": {"values": rows},
            "width": width,
            "height": {"step": 20},
            "layer": [
                {"mark": "bar", "encoding": {**position, "color": colour}},
                {"mark": label, "encoding": {**position, "text": count}},
            ],
        }
    )


@cache
def trend(
    months: tuple[str, ...], series: tuple[tuple[str, tuple[int | None, ...]], ...], persons: str = "persons"
) -> str:
    """Persons over months, one panel per series, each with its own scale from zero; as narrow as a telephone.

    A series of which every count is hidden has no panel.
    """
    panels = []
    series = tuple(each for each in series if any(value is not None for value in each[1]))
    for name, values in series:
        labelled = name == series[-1][0]  # one row of months, below the last panel
        rows = [{"month": month, "persons": value} for month, value in zip(months, values, strict=True)]
        panels.append(
            {
                "data": {"values": rows},
                "title": name,
                "width": TREND_WIDTH,
                "height": 70,
                "mark": {"type": "line", "color": BLUE, "point": {"color": BLUE}},
                "encoding": {
                    "x": {
                        "field": "month",
                        "type": "ordinal",
                        "sort": None,
                        "title": None,
                        "axis": {"labelAngle": -90, "labels": labelled},
                    },
                    "y": {
                        "field": "persons",
                        "type": "quantitative",
                        "title": persons,
                        "scale": {"zero": True},
                        "axis": {"tickMinStep": 1, "tickCount": 4},
                    },
                },
            }
        )
    return _svg({"vconcat": panels, "padding": 5})


@cache
def panel(counts: tuple[tuple[str, int | None], ...]) -> str:
    """One of many small pictures: a count by month, with a stroke at the bottom where it is hidden."""
    rows = [{"month": month, "persons": persons} for month, persons in counts]
    x = {
        "field": "month",
        "type": "temporal",
        "scale": {"type": "utc"},
        "title": None,
        "axis": {"format": "%Y", "tickCount": "year", "grid": False, "aria": False},
    }
    y = {
        "field": "persons",
        "type": "quantitative",
        "title": None,
        "scale": {
            "domainMin": 0,
            "domainMax": max(LEAST_SCALE, *(persons or 0 for _, persons in counts)),
            "nice": True,
        },
        "axis": {"tickCount": 3, "tickMinStep": 1, "aria": False},
    }
    line = {"type": "line", "aria": False, "color": BLUE, "point": {"color": BLUE, "size": 12, "aria": False}}
    stroke = {"type": "tick", "aria": False, "orient": "vertical", "color": GREY, "size": 8, "yOffset": -4}
    return _svg(
        {
            "data": {"values": rows},
            "width": 220,
            "height": 80,
            "layer": [
                {"mark": line, "encoding": {"x": x, "y": y}},
                {
                    "transform": [{"filter": "datum.persons === null"}],
                    "mark": stroke,
                    "encoding": {"x": x, "y": {"datum": 0, "type": "quantitative"}},
                },
            ],
        }
    )


def markdown_picture(svg: str, alternative: str) -> str:
    """The picture inside Markdown, as the Dagster UI shows it."""
    return f"![{alternative}](data:image/svg+xml;base64,{base64.b64encode(svg.encode('utf-8')).decode('ascii')})"


def funnel_table(bars: Sequence[Bar]) -> str:
    """The same as a Markdown table."""
    return "\n".join(["| step | persons |", "|---|---:|", *(f"| {step} | {told(persons)} |" for step, persons in bars)])


def _svg(chart: dict[str, Any]) -> str:
    import vl_convert

    return vl_convert.vegalite_to_svg({"$schema": SCHEMA, **chart, "config": STYLE})

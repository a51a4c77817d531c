"""Charts, drawn on the server by Vega-Lite: a headline that says what is to be seen, and a picture that needs no script.

The figures always stand in a table beside the chart as well. Colours come in a fixed order and are told apart by lightness too;
lines by dashes and marks; bars carry their values. Nothing here knows what a series is about.
"""

from shared.charts.drawing import Chart, Picture, Series, bars, bridge, lines
from shared.charts.rendering import warm_up

__all__ = ["Chart", "Picture", "Series", "bars", "bridge", "lines", "warm_up"]

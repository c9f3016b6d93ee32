"""Figures of a study's search, a file each: `frame` is the table, `draw` the Plotly figure of it."""

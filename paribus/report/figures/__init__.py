"""A file a figure: `frame` makes its table, `draw` draws it."""

"""Figures of a data set, a file each: `frame` makes its table, `draw` draws it."""

"""Figures of what trained networks hold, a file each: `frame` makes its table, `draw` draws it."""

"""The engine: cohorts of stacked runs, trained to records. Only `optimizers` can be imported without torch."""

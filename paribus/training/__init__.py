"""The engine: cohorts of stacked runs, trained to records. Optimizers' options and schedules need no torch."""

"""Where cohorts are trained: a pool of processes on this machine, and the display of how they get on."""

from paribus.execution.local import default_workers, run_jobs, warm_up
from paribus.execution.progress import duration, show_progress

__all__ = ["default_workers", "duration", "run_jobs", "show_progress", "warm_up"]

"""Where cohorts are trained: a pool of processes on this machine."""

from paribus.execution.local import default_workers, run_jobs

__all__ = ["default_workers", "run_jobs"]

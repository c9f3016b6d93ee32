"""From a study to variants, runs and cohorts: pure, and printable before anything trains."""

from paribus.planning.plan import (
    COHORT_SIZE,
    ENGINE,
    Level,
    Plan,
    Run,
    cohorts_of,
    grow,
    num_asked,
    plan_study,
    run_key,
    run_keys,
    runs_of,
)
from paribus.planning.quick import quick_look
from paribus.planning.streams import stream

__all__ = [
    "COHORT_SIZE",
    "ENGINE",
    "Level",
    "Plan",
    "Run",
    "cohorts_of",
    "grow",
    "num_asked",
    "plan_study",
    "quick_look",
    "run_key",
    "run_keys",
    "runs_of",
    "stream",
]

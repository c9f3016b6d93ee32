"""From a study to variants, runs and cohorts: pure, and printable before anything trains."""

from paribus.planning.plan import COHORT_SIZE, ENGINE, Level, Plan, Run, num_asked, plan_study, run_key
from paribus.planning.streams import stream

__all__ = ["COHORT_SIZE", "ENGINE", "Level", "Plan", "Run", "num_asked", "plan_study", "run_key", "stream"]

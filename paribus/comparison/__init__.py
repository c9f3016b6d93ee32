"""What the runs of a study support: intervals, tests, verdicts, caveats."""

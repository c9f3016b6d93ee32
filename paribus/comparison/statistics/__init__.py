"""Statistics of plain arrays: intervals, tests, power, and the price of looking more than once."""

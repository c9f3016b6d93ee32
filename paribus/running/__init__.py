"""From a study to its stored runs: does it fit, what would it cost, what is left, who trains it."""

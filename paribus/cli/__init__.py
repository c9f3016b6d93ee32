"""The command line: one file per verb in `verbs`, each of which parses, calls and prints."""

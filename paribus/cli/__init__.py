"""The command line: a file a verb in `verbs`, each of which parses, calls and prints."""

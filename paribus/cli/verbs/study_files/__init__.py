"""Verbs about study files: write one, explain their fields, list those that come with paribus."""

"""`paribus schema`."""

from __future__ import annotations

from paribus.cli.options import print_json


def schema() -> None:
    """Print the JSON schema of study files, for editors."""
    from paribus.study import Study

    print_json(Study.model_json_schema())

"""`paribus list`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from paribus.cli.options import AsJson, Home, existing_store, print_json

if TYPE_CHECKING:
    from paribus.store.store import StoredStudy


def list_studies(home: Home = None, as_json: AsJson = False) -> None:
    """List the studies in the home directory."""
    from rich.table import Table

    from paribus.cli.console import new_console
    from paribus.store.records.study import SeriesRecord, StudyRecord
    from paribus.store.running import runner

    store = existing_store(home)
    rows: list[dict[str, object]] = []
    studies = {row.name: row for row in store.studies()}
    for row in studies.values():
        names = row.record.parts if isinstance(row.record, SeriesRecord) else (row.name,)
        parts = [part for name in names if name in studies and isinstance(part := studies[name].record, StudyRecord)]
        keys = {key for part in parts for key in part.keys}
        stored = store.statuses(keys)
        failed = sum(status == "failed" for status in stored.values())
        status = "finished" if len(stored) == len(keys) and len(parts) == len(names) else "interrupted"
        rows.append(
            {
                "study": row.name,
                "status": _trouble(row) or ("running" if runner(store.home, row.name) else status),
                "runs": len(keys),
                "stored": len(stored),
                "failed": failed,
                "updated": row.updated.isoformat(timespec="seconds"),
                "question": row.record.asked.question if row.record else "",
            }
        )
    if as_json:
        print_json(rows)
        return
    if not rows:
        typer.echo("No study yet. Start with: paribus run quickstart")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("study", "status", "runs", "failed", "updated", "question"):
        table.add_column(column, overflow="fold")
    for values in rows:
        runs = f"{values['stored']} of {values['runs']}"
        cells = [values["study"], values["status"], runs, values["failed"], values["updated"], values["question"]]
        table.add_row(*(str(cell) for cell in cells))
    new_console().print(table)


def _trouble(study: StoredStudy) -> str:
    """Why the record of a study cannot be read, in a word; empty where it can."""
    if study.is_newer:
        return "newer"
    return "damaged" if study.fault else ""

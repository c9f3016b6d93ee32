"""NAME.frozen.yaml: written once, and read again by `paribus run`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from paribus.errors import SpecError
from paribus.freezing.document import changes, content_hash, document
from paribus.freezing.words import with_verb
from paribus.planning.plan import canonical
from paribus.spec import StudySpec
from paribus.spec.files import parse_yaml, to_yaml
from paribus.store.records.study import FrozenRecord

_COMMENTS = {
    "name": "What this study will test, written down by `paribus plan --freeze`. Keep the file as it is: reports say\n"
    "whether the study that ran is this one. Commit it, or send it to somebody, before you run.",
    "time": "UTC.",
    "hash": "sha256 of the canonical JSON of all but `time` and `hash`.",
    "already_stored": "Runs that the home held when this was frozen. A plan frozen after a look is worth less.",
    "metric": "Every verdict is about it. Differences within the margin, in units of the metric, do not matter.",
    "alpha": "Of each family of hypotheses. Verdicts are better, worse, equivalent or undecided.",
    "search": "Finds the values that recipes call `tuned`.",
    "engine": "Version of the training arithmetic.",
    "data": "On each data set: each group of hypotheses is a family; `tests` says how its verdicts are corrected.",
}
"""The comment above each key."""


@dataclass(frozen=True)
class FrozenPlan:
    """A frozen plan and its file.

    Args:
        path: of the file.
        content: the document with `time` and `hash`.
        is_new: whether it was written now.
    """

    path: Path
    content: dict[str, Any]
    is_new: bool


def freeze(path: Path, study: StudySpec, fingerprints: Sequence[str], already_stored: int) -> FrozenPlan:
    """Write what a study will test into NAME.frozen.yaml; a file that holds just that is left as it is.

    Args:
        path: of the file to write.
        study: the checked study file.
        fingerprints: of its data sets, in their order.
        already_stored: runs of it that are stored.

    Raises:
        SpecError: it is a quick look, the file holds another plan or was changed, or it cannot be written.
    """
    if study.quick_look:
        raise SpecError(f"{study.name} is a quick look: its numbers are no result, so there is no plan to freeze.")
    values = document(study, fingerprints, already_stored)
    if path.exists():
        return FrozenPlan(path, _same(path, values), is_new=False)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    head = {"name": values["name"], "question": values["question"], "time": now, "hash": content_hash(values)}
    content = {**head, **values}
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(_text(content))
    except OSError as error:
        raise SpecError(f"Cannot write the frozen plan {path}: {error.strerror}.") from None
    return FrozenPlan(path, content, is_new=True)


def check_frozen(
    content: dict[str, Any], study: StudySpec, fingerprints: Sequence[str], stored: Iterable[datetime]
) -> FrozenRecord:
    """The entry on the frozen plan in the study's record.

    Args:
        content: of the plan's file.
        study: that is about to run.
        fingerprints: of its data sets, in their order.
        stored: when each of its stored runs was stored, in UTC.

    Returns:
        Its `already_stored` counts runs older than the plan, by its own count or by their times, whichever is more.
    """
    written = content["hash"], content["time"]
    if content_hash(content) != content["hash"]:
        return FrozenRecord(*written, status="tampered", changes=(), already_stored=None, content=content)
    changed = tuple(changes(content, document(study, fingerprints, 0)))
    frozen = datetime.fromisoformat(content["time"]).astimezone(UTC)
    older = sum(moment.replace(tzinfo=UTC) < frozen for moment in stored)
    status = "changed" if changed else "as frozen"
    already = max(content.get("already_stored", 0), older)
    return FrozenRecord(*written, status=status, changes=changed, already_stored=already, content=content)


def _same(path: Path, values: dict[str, Any]) -> dict[str, Any]:
    """The plan that is frozen already, if it is this one."""
    content = read_frozen(path)
    if content_hash(content) != content["hash"]:
        raise SpecError(f"{path} was changed after it was frozen: its hash does not fit. Restore it, or remove it.")
    changed = changes(content, values)
    if changed:
        raise SpecError(
            f"{path} holds another plan, frozen {content['time']} (sha256 {content['hash'][:12]}…): "
            f"{with_verb(changed, 'differs', 'differ')}. Run the study as it was frozen, or freeze this one "
            "under another name."
        )
    return content


def read_frozen(path: Path) -> dict[str, Any]:
    """The document that a file holds, with `time` and `hash`, which may not fit.

    Raises:
        SpecError: it is no frozen plan.
    """
    try:
        values: Any = parse_yaml(path.read_text(encoding="utf-8"))
        canonical(values)  # raises if it is not of JSON values
        if not isinstance(values, dict) or not isinstance(values.get("hash"), str):  # pyright: ignore[reportUnknownMemberType]
            raise SpecError("it has no hash")
        content = cast(dict[str, Any], values)
        datetime.fromisoformat(content.get("time", ""))
    except (OSError, SpecError, TypeError, ValueError) as error:
        raise SpecError(f"{path} is no frozen plan: {error}. Restore it, or remove it.") from None
    return content


def _text(content: dict[str, Any]) -> str:
    """The document as YAML, with comments."""
    blocks: list[str] = []
    for key, value in content.items():
        comment = "".join(f"# {line}\n" for line in _COMMENTS.get(key, "").splitlines())
        blocks.append(comment + to_yaml({key: value}))
    return "".join(blocks)

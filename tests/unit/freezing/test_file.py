"""The file of a frozen plan, and what is said of a study beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from paribus.errors import SpecError
from paribus.freezing import check_frozen, content_hash, document, freeze, frozen_sentence, read_frozen
from paribus.spec import StudySpec
from paribus.spec.files import read_study
from paribus.user_code import Origin, code_in

Make = Callable[..., StudySpec]
EVERY_PART = Path(__file__).parents[2] / "story" / "every_part.yaml"


def test_the_file_holds_the_document(make_study: Make, tmp_path: Path) -> None:
    (tmp_path / "own_network.py").write_text("def make(shape, outputs, width): ...\n")
    with code_in(Origin(tmp_path)):
        study = make_study(**{**read_study(EVERY_PART), "name": "a"})
    frozen = freeze(tmp_path / "a.frozen.yaml", study, ["f"], 0)
    assert (frozen.path.name, frozen.is_new) == ("a.frozen.yaml", True)
    text = frozen.path.read_text()
    assert text.startswith("# What this study will test")
    values = yaml.safe_load(text)
    assert values == frozen.content
    assert values["hash"] == content_hash(document(study, ["f"], 0))
    again = freeze(tmp_path / "a.frozen.yaml", study, ["f"], 3)
    assert (again.is_new, again.content) == (False, frozen.content)
    assert frozen.path.read_text() == text


def test_another_plan_is_refused(make_study: Make, tmp_path: Path) -> None:
    path = freeze(tmp_path / "a.frozen.yaml", make_study(), ["f"], 0).path
    for words, change, data in (
        ("the margin differs", {"margin": 0.1}, "f"),
        ("the margin and the data differ", {"margin": 0.1}, "g"),
    ):
        with pytest.raises(SpecError, match=f"{path} holds another plan, frozen 2.*: {words}. Run the study as it was"):
            freeze(tmp_path / "a.frozen.yaml", make_study(**change), [data], 0)
    path.write_text(path.read_text().replace("margin: 0.005", "margin: 0.1"))
    with pytest.raises(SpecError, match="was changed after it was frozen: its hash does not fit"):
        freeze(tmp_path / "a.frozen.yaml", make_study(margin=0.1), ["f"], 0)
    with pytest.raises(SpecError, match="Cannot write the frozen plan .*No such file"):
        freeze(tmp_path / "nowhere" / "a.frozen.yaml", make_study(), ["f"], 0)


@pytest.mark.parametrize("text", ["hash: [", "3", "hash: 3\ntime: 1", "hash: a\ntime: x", "hash: a\nday: 2026-01-01"])
def test_what_is_no_frozen_plan(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.frozen.yaml").write_text(text)
    with pytest.raises(SpecError, match="a.frozen.yaml is no frozen plan: .* Restore it, or remove it."):
        read_frozen(tmp_path / "a.frozen.yaml")


def test_what_is_said_of_a_study(make_study: Make, tmp_path: Path) -> None:
    assert frozen_sentence(None) == ""
    frozen = freeze(tmp_path / "a.frozen.yaml", make_study(), ["f"], 0)
    time = datetime.fromisoformat(frozen.content["time"])
    plan = f"This study was frozen on {time:%Y-%m-%d} (sha256 {frozen.content['hash'][:12]}…)"

    def told(moments: Sequence[datetime] = (), **changed: Any) -> str:
        return frozen_sentence(check_frozen(read_frozen(frozen.path), make_study(**changed), ["f"], moments))

    assert told() == f"{plan}, before any of its runs, and ran as frozen."
    later, older = time + timedelta(hours=1), (time - timedelta(seconds=1)).replace(tzinfo=None)  # as SQLite has them
    assert told([later]) == told()
    assert told([later, older]) == f"{plan}, when 1 of its runs was stored already, and ran as frozen."
    assert told(margin=0.1) == f"{plan}, before any of its runs; the margin was changed since."
    assert told([older, older], margin=0.1, seeds=3) == (
        f"{plan}, when 2 of its runs were stored already; the margin and the seeds were changed since."
    )
    frozen.path.write_text(frozen.path.read_text().replace("already_stored: 0", "already_stored: 7"))
    assert told() == (
        f"The frozen plan of {time:%Y-%m-%d} (sha256 {frozen.content['hash'][:12]}…) was changed after it was frozen, "
        "so it shows nothing: its hash does not fit."
    )

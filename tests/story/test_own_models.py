"""A model of the user's own, beside the study file or in Python."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from paribus import SpecError, Study
from paribus.data.sources.digits import digits
from paribus.results.result import Result
from paribus.spec.parts import parts
from paribus.store import Store
from paribus.store.records.study import MachineRecord

NETS = """\
from torch import nn
from sizes import hidden

def make(item_shape, num_outputs, *, width: int = 8, dropout: float = 0.0):
    channels, height, columns = item_shape
    pixels, units = channels * height * columns, hidden(width)
    return nn.Sequential(nn.Flatten(), nn.Linear(pixels, units), nn.BatchNorm1d(units), nn.ReLU(), nn.Dropout(dropout),
                         nn.Linear(units, num_outputs))

def wrong(item_shape, num_outputs):
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 3))

def raises(item_shape, num_outputs):
    raise KeyError("nothing")
"""
STUDY = """\
name: own
data: {{source: digits}}
baseline: {{model: {{kind: "nets:{0}"{1}}}, epochs: 2, l2: 0.001, keep: best}}
seeds: 2
factors:
  dropout: {{vary: model.dropout, levels: [0.0, 0.5]}}
  model: {{levels: {{own: {{}}, mlp: {{model: {{kind: mlp, width: 8}}}}}}}}
"""


@pytest.fixture
def own(folder: Path) -> Path:
    (folder / "nets.py").write_text(NETS)
    (folder / "sizes.py").write_text("def hidden(width): return 2 * width\n")
    (folder / "own.yaml").write_text(STUDY.format("make", ", width: 6"))
    return folder


@pytest.mark.slow
def test_from_a_study_file(cli, own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = cli("run", "own.yaml", "--workers", "1")
    assert first.code == 0, first.err
    assert "own: 6 runs, 6 finished" in first.out
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # a file that was changed within a second looks the same

    def planned() -> str:
        for name in ("nets", "sizes"):  # as in a new process
            monkeypatch.delitem(sys.modules, name, raising=False)
        return cli("plan", "own.yaml").out

    parameters = 64 * 12 + 12 + 2 * 12 + 12 * 10 + 10
    assert f"{parameters}  2 of 2" in planned()
    (own / "nets.py").write_text("# a comment\n" + NETS)
    assert "Nothing to train." in planned()
    (own / "nets.py").write_text(NETS.replace("ReLU", "Tanh"))
    assert "2 of 2" in planned()  # the MLP's
    assert "4 to train" in planned()
    (own / "nets.py").write_text(NETS)
    (own / "sizes.py").write_text("def hidden(width): return width + width\n")
    assert "4 to train" in planned()


@pytest.mark.parametrize(
    ("function", "options", "words"),
    [
        ("mak", "", ["nets has no function 'mak'", "Did you mean 'make'?"]),
        ("make", ", widht: 6", ["baseline.model.widht: is unknown here", "Did you mean 'width'?"]),
        ("make", ", width: six", ["baseline.model.width: must be a whole number, found 'six'"]),
        ("wrong", "", ["factors.dropout.levels[0]: model.dropout: is unknown here"]),
        ("raises", "", ["model.dropout: is unknown here"]),
    ],
)
def test_mistakes_are_told(cli, own: Path, function: str, options: str, words: list[str]) -> None:
    (own / "own.yaml").write_text(STUDY.format(function, options))
    done = cli("plan", "own.yaml")
    assert done.code == 2
    assert all(word in done.err for word in words), done.err


def small(item_shape, num_outputs, width: int = 6):
    return nn.Sequential(nn.Flatten(), nn.Linear(64, width), nn.Tanh(), nn.Dropout(0.2), nn.Linear(width, num_outputs))


def gives_three(item_shape, num_outputs):
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 3))


@pytest.mark.slow
def test_from_python_and_loaded_again(tmp_path: Path) -> None:
    from paribus.data.sources.digits import digits

    baseline = {"model": {"kind": small, "width": 5}, "epochs": 2, "optimizer": {"kind": "adamw"}}
    results = []
    for workers in (1, 2):
        study = Study(name="python", data={"source": "digits"}, baseline=baseline, seeds=3)
        results.append(study.run(tmp_path / str(workers), workers=workers, quiet=True))
    one, two = ([run["metrics"] for run in result.summary["runs"]] for result in results)
    assert one == two
    assert len({metrics["test_loss"] for metrics in one}) == 3
    run = results[0].summary["runs"][1]
    predicted = results[0].load("baseline", run["seed"]).predict_proba(digits().x_test)
    np.testing.assert_array_equal(predicted, results[0]._store.predictions(run["key"])["test_probabilities"])


def test_training_equals_a_loop_of_pytorchs(tmp_path: Path) -> None:
    """One epoch of full batches: the same weights as the same module trained by hand."""
    from paribus.data.sources.digits import digits
    from paribus.spec.parts import call_part

    baseline = {"model": {"kind": linear}, "epochs": 3, "batch_size": 2000, "optimizer": {"kind": "sgd", "lr": 0.1}}
    data = {"source": "digits", "validation": 0, "scale": "none"}
    study = Study(name="loop", data=data, baseline=baseline, seeds=[4])
    trained = study.run(tmp_path, quiet=True).load("baseline")
    peer = call_part("model", study.recipe().model).build((8, 8), 10, 4)
    optimizer = torch.optim.SGD(peer.parameters(), lr=0.1)
    x, y = torch.from_numpy(digits().x_train).float().unsqueeze(1), torch.from_numpy(digits().y_train)
    for _ in range(3):
        optimizer.zero_grad()
        nn.functional.cross_entropy(peer(x), y).backward()
        optimizer.step()
    for name, value in peer.state_dict().items():
        torch.testing.assert_close(trained.network.module.state_dict()[name], value, rtol=1e-4, atol=1e-5)


def linear(item_shape, num_outputs):
    return nn.Sequential(nn.Flatten(), nn.Linear(64, num_outputs))


def test_scores_of_another_number_are_refused(tmp_path: Path) -> None:
    study = Study(name="three", data={"source": "digits"}, baseline={"model": gives_three, "epochs": 1}, seeds=1)
    with pytest.raises(SpecError, match=r"gives \(2, 3\) for 2 items; asked is \(2, 10\)"):
        study.run(tmp_path, quiet=True)
    assert not (tmp_path / "paribus.db").exists()


def made(width: int):
    def build(item_shape, num_outputs):
        return nn.Sequential(nn.Flatten(), nn.Linear(64, width), nn.ReLU(), nn.Linear(width, num_outputs))

    return build


def test_functions_of_one_name_are_told_apart(tmp_path: Path) -> None:
    levels = {"two": {"model": {"kind": made(2)}}, "nine": {"model": made(9)}, "MLP": {"model": {"kind": "mlp"}}}
    study = Study(
        name="widths",
        data={"source": "digits"},
        baseline={"model": {"kind": "mlp"}, "epochs": 1},
        factors={"model": {"levels": levels, "reference": "MLP"}},
        seeds=2,
    )
    result = study.run(tmp_path, quiet=True)
    counts = {row["level"]: row["parameters"] for row in result.summary["variants"]}
    assert (counts["two"], counts["nine"]) == (65 * 2 + 3 * 10, 65 * 9 + 10 * 10)
    assert result.load("model=nine").network.module[1].out_features == 9
    assert len(set(result.runs["test_loss"])) == 6


class Odd(nn.Module):
    """A layer to be frozen, a head of unknown width, and after it a layer that is not called."""

    def __init__(self, num_outputs: int) -> None:
        super().__init__()
        self.first = nn.Linear(64, 8)
        self.head = nn.LazyLinear(num_outputs)
        self.spare = nn.Linear(3, 3)

    def forward(self, x):
        return self.head(torch.relu(self.first(x.flatten(1))))


def odd(item_shape, num_outputs):
    net = Odd(num_outputs)
    for part in (net.first, net.spare):
        part.requires_grad_(False)
    return net


def bare(item_shape, num_outputs):
    return nn.Linear(8, num_outputs)


def frozen(item_shape, num_outputs):
    return small(item_shape, num_outputs).requires_grad_(False)


def test_a_frozen_layer_stays_and_the_layer_called_last_is_the_head(tmp_path: Path) -> None:
    from paribus.spec.parts import call_part

    optimizer = {"kind": "adamw", "weight_decay": 1.0}
    baseline = {"model": {"kind": odd}, "epochs": 2, "optimizer": optimizer, "l2": 0.1}
    study = Study(name="odd", data={"source": "digits"}, baseline=baseline, seeds=[3])
    result = study.run(tmp_path, quiet=True)
    assert result.summary["variants"][0]["parameters"] == 8 * 10 + 10
    trained, fresh = result.load("baseline"), call_part("model", study.recipe().model).build((8, 8), 10, 3)
    first, head = (trained.network.module.state_dict()[f"{name}.weight"] for name in ("first", "head"))
    torch.testing.assert_close(first, fresh.state_dict()["first.weight"], rtol=0, atol=0)
    assert not torch.equal(head, fresh.state_dict()["head.weight"])
    items = np.zeros((5, 8, 8), np.uint8)
    assert trained.features(items).shape == (5, 8)
    result.probe()
    assert result.report().is_file()


def test_a_single_layer_is_reported(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "rows.npz", x=rng.normal(size=(60, 8)), y=np.arange(60) % 3)
    data, baseline = {"source": str(tmp_path / "rows.npz"), "scale": "none"}, {"model": {"kind": bare}, "epochs": 1}
    result = Study(name="bare", data=data, baseline=baseline, seeds=2).run(tmp_path, quiet=True)
    result.probe()
    assert result.report().is_file()


def test_with_nothing_to_train_a_model_is_refused(tmp_path: Path) -> None:
    study = Study(name="frozen", data={"source": "digits"}, baseline={"model": {"kind": frozen}})
    with pytest.raises(SpecError, match="frozen has no parameter with requires_grad; one must be trained"):
        study.run(tmp_path, quiet=True)


def test_a_function_without_a_name_is_refused() -> None:
    from functools import partial

    with pytest.raises(SpecError, match=r"baseline.model.kind: .* has no name"):
        Study(name="partial", data={"source": "digits"}, baseline={"model": partial(small, width=3)})
    with pytest.raises(SpecError, match=r"data.source: must have a name"):
        Study(name="partial", data={"source": partial(dict)})


def test_a_search_may_choose_among_functions(tmp_path: Path) -> None:
    data, baseline = {"source": "digits"}, {"model": {"kind": "mlp"}, "epochs": 1}
    space = {"model": [made(2), {"kind": made(9)}]}
    levels = {"default": {}, "tuned": {"tuned": True}}
    study = Study(
        name="searched",
        data=data,
        baseline=baseline,
        factors={"model": {"levels": levels}},
        tune={"space": space, "algorithm": "grid", "max_epochs": 1},
        seeds=2,
    )
    result = study.run(tmp_path, quiet=True)
    counts = {row["level"]: row["parameters"] for row in result.summary["variants"]}
    assert counts["tuned"] in (65 * 2 + 3 * 10, 65 * 9 + 10 * 10)
    assert len({str(trial["point"]) for trial in result.summary["search"]["trials"]}) == 2


def test_a_function_that_cannot_be_a_model_is_refused_in_levels_too() -> None:
    factors = {"a": {"levels": {"x": {"model": {"kind": len}}, "y": {}}}}
    with pytest.raises(SpecError, match=r"factors.a: builtins:len takes"):
        Study(name="len", data={"source": "digits"}, factors=factors)


def test_a_changed_file_is_imported_again_and_a_changed_global_is_noticed(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(own))  # as where a notebook lies beside its modules
    (own / "plain.py").write_text("SIZE = 3\n" + PLAIN)
    file = own / "plain.yaml"
    file.write_text(
        "name: plain\ndata: {source: digits}\nbaseline: {model: {kind: 'plain:make'}, epochs: 1}\nseeds: 2\n"
    )

    def counted() -> int:
        result = Study.open(file).run(own / "home", quiet=True)
        return result.summary["variants"][0]["parameters"]

    assert counted() == 65 * 3 + 4 * 10
    (own / "plain.py").write_text("SIZE = 17\n" + PLAIN)
    assert counted() == 65 * 17 + 18 * 10
    import plain  # pyright: ignore[reportMissingImports]

    plain.SIZE = 5
    result = Study.open(file).run(own / "home", workers=1, quiet=True)
    assert {run["status"] for run in result.summary["runs"]} == {"failed"}
    assert all("plain:make is not what it was when the study was planned" in text for text in result.failures)


PLAIN = """
from torch import nn
def make(shape, outputs):
    return nn.Sequential(nn.Flatten(), nn.Linear(64, SIZE), nn.ReLU(), nn.Linear(SIZE, outputs))
"""


SCRIPT = """
from torch import nn
from paribus import Study
def build(shape, outputs):
    return nn.Sequential(nn.Flatten(), nn.Linear(64, outputs))
study = Study(name="far", data={"source": "digits"}, baseline={"model": build, "epochs": 1}, seeds=2)
"""


def test_where_the_code_is_not_there_the_rest_is_reported(cli, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script: dict[str, Any] = {"__name__": "__main__"}
    exec(SCRIPT, script)
    with monkeypatch.context() as within:
        within.setattr(sys.modules["__main__"], "build", script["build"], raising=False)
        script["study"].run(quiet=True)
    parts("model").pop("__main__:build")  # as in a new process
    told = cli("report", "far")
    assert told.code == 0, told.err
    assert (folder / "paribus-home" / "reports" / "far.html").is_file()
    with pytest.raises(
        SpecError,
        match=r"A network cannot be loaded without its code.*__main__:build is code, and what is stored brings in none",
    ):
        Result(Store(folder / "paribus-home"), "far").load("baseline")


def test_changed_code_is_not_loaded_with_other_weights(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(own)
    (own / "later.py").write_text("from torch.nn import ReLU as Act\nSIZE = 3\n" + PLAIN.replace("nn.ReLU", "Act"))
    study = Study(name="changed", data={"source": "digits"}, baseline={"model": {"kind": "later:make"}, "epochs": 1})
    result = study.run(own / "home", quiet=True)
    assert result.load("baseline").predict_proba(np.zeros((2, 8, 8))).shape == (2, 10)
    monkeypatch.setattr(sys.modules["later"], "Act", nn.Sigmoid)
    with pytest.raises(SpecError, match=r"The code of later:make, .* is not what was trained. Restore it, or run the"):
        result.load("baseline")
    outcome = result._only
    outcome.record = replace(outcome.record, machine=MachineRecord("3.9.1"))  # whose bytecode is another
    assert isinstance(result.load("baseline").network.module[2], nn.Sigmoid)
    sys.modules["later"].SIZE = 17
    with pytest.raises(SpecError, match=r"code was changed since: 1.weight has shape \(17, 64\), not \(3, 64\)"):
        result.load("baseline")


def normalized(shape: tuple[int, ...], outputs: int) -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 4), nn.BatchNorm1d(4), nn.Linear(4, outputs))


def test_a_batch_of_the_one_row_that_is_left_is_told(own: Path) -> None:
    baseline = {"model": normalized, "epochs": 1, "batch_size": len(digits().y_train) - 1}
    study = Study(name="left", data={"source": "digits", "validation": 0}, baseline=baseline, seeds=1)
    (failure,) = study.run(own / "home", quiet=True).failures
    assert "holds the one row that is left, and the model cannot be trained on it: ValueError: Expected more" in failure
    assert "Choose another batch_size." in failure

"""What `data.source` may say, and the sources that come with the package."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits

from paribus.data import Dataset, load
from paribus.data.locate import Place
from paribus.data.prepared import mapped, prepare, prepared
from paribus.data.text.tokens import write_tokens
from paribus.errors import DataError, StoreError
from paribus.running.fitting import data_of
from paribus.spec import TextFeatures
from paribus.spec.data import DataSpec
from paribus.spec.parts import parts
from paribus.user_code import Origin
from tests.made_up import study_of

X, Y = np.arange(40.0).reshape(20, 2), np.repeat([0, 1], 10)
PARTS = ("train", "test")
MODULE = "import numpy as np\ndef make():\n    return {{'x': np.full((20, 2), {}), 'y': np.arange(20) % 2}}\n"


def arrays() -> dict[str, Any]:
    return {"x": X, "y": Y}


def test_sources_are_registered_with_a_summary() -> None:
    assert {"digits", "fashion_mnist", "fashion_mnist_mini", "mnist"} <= set(parts("data"))
    assert all(part.summary.endswith(".") for part in parts("data").values())


def test_files_are_relative_to_the_study(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("f,y\n" + "".join(f"{x},{y}\n" for x, y in zip(X[:, 0], Y, strict=True)))
    (tmp_path / "b.csv").write_text("f,y\n1,1\n")
    np.savez(tmp_path / "a.npz", x=X, y=Y)
    assert load(DataSpec(source="a.csv", label="y"), tmp_path).x_test.shape == (4, 1)
    assert load(DataSpec(source="a.csv", label="y", test="b.csv"), tmp_path).x_test.tolist() == [[1]]
    assert load(DataSpec(source=str(tmp_path / "a.npz"), test=0.1), Path("/nowhere")).x_test.shape == (2, 2)


def test_the_same_rows_are_held_out_whatever_the_format(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=X, y=Y)
    (tmp_path / "own.py").write_text(
        "import numpy as np\ndef make():\n    return dict(np.load('" + f"{tmp_path}/a.npz'))"
    )
    from_npz = load(DataSpec(source="a.npz"), tmp_path)
    assert load(DataSpec(source=arrays), tmp_path).fingerprint == from_npz.fingerprint
    assert data_of(DataSpec(source="own:make"), Origin(tmp_path)).fingerprint == from_npz.fingerprint


def test_a_test_set_of_its_own_is_kept() -> None:
    own = Dataset("own", X, Y, X[:3], Y[:3], ("a", "b"))
    data = load(DataSpec(source=lambda: own), Path())
    assert (data.name, data.class_names, len(data.x_train), len(data.x_test)) == ("own", ("a", "b"), 20, 3)
    for source in (lambda: own, lambda: {"x_train": X, "y_train": Y, "x_test": X[:3], "y_test": Y[:3]}):
        with pytest.raises(
            DataError, match=r"data\.test: is for sources without a test set, found 0\.5, but .* has one"
        ):
            load(DataSpec(source=source, test=0.5), Path())


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"source": "digits", "test": 0.5}, r"data\.test: is for sources without a test set, found 0\.5"),
        (
            {"source": "digits", "label": "foo"},
            r"data\.label: is for tables, found 'foo' for digits\. Remove it",
        ),
        ({"source": arrays, "label": "foo"}, r"data\.label: is for tables"),
        ({"source": "own:make", "text_column": "foo"}, r"data\.text_column: is for tables with `text`"),
        ({"source": "a.npz", "image_size": 8}, r"data\.image_size: is for folders of images, found \(8, 8\)"),
        ({"source": "a.csv", "image_size": 8}, r"data\.image_size: is for folders of images"),
        ({"source": "a.csv", "text_column": "foo"}, r"data\.text_column: is for tables with `text`"),
        ({"source": "images", "label": "foo"}, r"data\.label: is for tables"),
        ({"source": "texts", "image_size": 8}, r"data\.image_size: is for folders of images"),
        ({"source": "split", "test": 0.3, "text": TextFeatures(kind="counts")}, r"data\.test: .* but split has one"),
    ],
)
def test_an_option_that_the_source_does_not_read(values: dict[str, Any], text: str, tmp_path: Path) -> None:
    for name in (
        "images/a/1.png",
        "texts/a/1.txt",
        *(f"split/{p}/{c}/{n}.txt" for p in PARTS for c in "ab" for n in "12"),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    with pytest.raises(DataError, match=text):
        load(DataSpec(**values), tmp_path)


def test_defaults_may_be_written(tmp_path: Path) -> None:
    spec = DataSpec(source="digits", label="label", text_column="text", test=0.2, image_size=None)
    assert load(spec, tmp_path).name == "digits"


def test_each_folder_has_its_own_module(tmp_path: Path) -> None:
    for value in (1, 2):
        (tmp_path / str(value)).mkdir()
        (tmp_path / str(value) / "same_name.py").write_text(MODULE.format(value))
    before = list(sys.path)
    found = [
        data_of(DataSpec(source="same_name:make"), Origin(tmp_path / str(value))).x_train.max() for value in (1, 2, 1)
    ]
    assert found == [1, 2, 1]
    assert sys.path == before


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("minst", r"Unknown data source 'minst'\. Did you mean 'mnist'\? Known: cifar10, .*ends in \.csv.*\.npz"),
        ("data.txt", r"ends in \.csv, \.csv\.gz, \.csv\.xz, \.parquet or \.npz; a folder holds"),
        ("missing.parquet", r"missing\.parquet does not exist"),
        ("missing.csv", r"missing\.csv does not exist"),
        ("missing.npz", r"missing\.npz does not exist"),
        ("no_such_module:make", "there is no module 'no_such_module' in"),
        ("some_module:mike", r"some_module has no function 'mike'\. Did you mean 'make'\?"),
    ],
)
def test_sources_that_are_not_there(tmp_path: Path, source: str, text: str) -> None:
    (tmp_path / "some_module.py").write_text(MODULE.format(0))
    with pytest.raises(DataError, match=text):
        data_of(DataSpec(source=source), Origin(tmp_path))


def test_a_missing_import_of_the_users_module_is_told(tmp_path: Path) -> None:
    (tmp_path / "imports_missing.py").write_text("import no_such_library\n")
    with pytest.raises(DataError, match="'imports_missing' raised ModuleNotFoundError: No module named 'no_such_lib"):
        data_of(DataSpec(source="imports_missing:make"), Origin(tmp_path))


def test_a_function_that_returns_something_else() -> None:
    with pytest.raises(DataError, match="returned list. Allowed: a Dataset, or a dictionary with x_train"):
        load(DataSpec(source=lambda: [1, 2]), Path())


def test_digits_are_scikit_learns() -> None:
    data = load(DataSpec(source="digits"), Path())
    rows = np.concatenate([data.x_train, data.x_test]).reshape(-1, 64)
    published = load_digits().data
    assert data.x_train.dtype == np.uint8
    assert np.array_equal(np.sort(rows.sum(axis=1)), np.sort(published.sum(axis=1)))
    shares = np.bincount(data.y_test) / (np.bincount(data.y_train) + np.bincount(data.y_test))
    assert np.abs(shares - 0.2).max() < 0.005


def test_the_bundled_set_is_balanced() -> None:
    data = load(DataSpec(source="fashion_mnist_mini"), Path())
    assert (data.x_train.shape, data.x_test.shape) == ((6000, 28, 28), (2000, 28, 28))
    assert np.bincount(data.y_train).tolist() == [600] * 10
    assert np.bincount(data.y_test).tolist() == [200] * 10
    assert data.class_names[9] == "Ankle boot"
    assert data.x_train.dtype == np.uint8
    assert data.fingerprint == "4efe9ced640b4e72d501571de92fbdb9e6b7017061f4a069e9562ff3425e274f"


def test_import_is_light() -> None:
    heavy = "torch", "pandas", "sklearn", "pooch", "requests", "pyarrow"
    code = f"import sys, paribus.data; print([name for name in {heavy} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


@pytest.mark.fulldata
@pytest.mark.parametrize(
    ("name", "train_counts", "test_counts"),
    [
        ("fashion_mnist", [6000] * 10, [1000] * 10),
        (
            "mnist",
            [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
            [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
        ),
    ],
)
def test_published_counts(name: str, train_counts: list[int], test_counts: list[int]) -> None:
    data = load(DataSpec(source=name), Path())
    assert (data.x_train.shape, data.x_test.shape) == ((60000, 28, 28), (10000, 28, 28))
    assert np.bincount(data.y_train).tolist() == train_counts
    assert np.bincount(data.y_test).tolist() == test_counts


@pytest.mark.fulldata
def test_mini_is_part_of_fashion_mnist() -> None:
    mini, full = (load(DataSpec(source=name), Path()) for name in ("fashion_mnist_mini", "fashion_mnist"))
    for part in ("train", "test"):
        drawn, all_rows = getattr(mini, f"x_{part}"), getattr(full, f"x_{part}")
        assert {x.tobytes() for x in drawn} <= {x.tobytes() for x in all_rows}


@pytest.mark.fulldata
def test_debians_copy_is_the_same() -> None:
    from paribus.data.locate import load_original
    from paribus.data.sources.fashion_mnist import CLASS_NAMES, FASHION_MNIST

    assert FASHION_MNIST.debian is not None
    if FASHION_MNIST.debian.is_dir():
        debian = load_original(FASHION_MNIST, CLASS_NAMES, places=[Place("Debian", FASHION_MNIST.debian)])
        assert debian.fingerprint == load(DataSpec(source="fashion_mnist"), Path()).fingerprint


@pytest.mark.fulldata
def test_mini_is_what_the_script_draws(tmp_path: Path) -> None:
    from paribus.data.sources.fashion_mnist import FASHION_MNIST

    root = Path(__file__).parents[3]
    if FASHION_MNIST.debian is not None and FASHION_MNIST.debian.is_dir():
        code = (
            "import sys; from pathlib import Path; sys.path.insert(0, 'scripts'); from make_mini import make_mini; "
            f"make_mini(Path({str(FASHION_MNIST.debian)!r}), Path({str(tmp_path / 'mini.npz')!r}))"
        )
        subprocess.run([sys.executable, "-c", code], cwd=root, check=True)
        with np.load(tmp_path / "mini.npz") as new, np.load(root / "paribus/bundled/fashion_mnist_mini.npz") as bundled:
            assert all(np.array_equal(new[key], bundled[key]) for key in bundled.files)


def test_prepared_data_are_found_again_and_missing_ones_are_none(tmp_path: Path) -> None:
    x, y = np.arange(12, dtype=np.float32).reshape(6, 2), np.arange(6) % 2
    data = Dataset("toy", x, y, x[:2], y[:2], ("a", "b"))
    folder, described = prepare(data, tmp_path)
    described["class_names"] = list(data.class_names)
    facts = study_of({"dataset": described}).data
    found = prepared(tmp_path, facts)
    assert found is not None
    assert (found.fingerprint, found.name, found.item_shape) == (data.fingerprint, "toy", (2,))
    (folder / "x_test.npy").unlink()
    assert prepared(tmp_path, facts) is None


def test_equal_data_under_another_name_are_described_by_it(tmp_path: Path) -> None:
    data = Dataset("toy", X, Y, X[:2], Y[:2], ("a", "b"), notes=("a note",))
    twin = replace(data, name="twin", notes=("another", "two"))
    folder, described = prepare(data, tmp_path)
    found, other = prepare(twin, tmp_path)
    assert (folder, described) == (found, {**other, "name": "toy", "notes": ["a note"]})
    assert (other["name"], other["notes"]) == ("twin", ["another", "two"])


@pytest.mark.parametrize("call", ["numpy.save", "os.fsync", "pathlib.Path.replace"])
@pytest.mark.parametrize("what", ["rows", "counts of texts"])
def test_data_that_cannot_be_laid_out_are_told_and_leave_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, what: str
) -> None:
    """Nothing is renamed that the disk does not have."""

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    texts, y = np.array(["some words", "other words", "few"], object), np.array([0, 1, 0])
    data = Dataset("toy", texts, y, texts[:2], y[:2], ("a", "b"))
    place = tmp_path / "data"
    if what != "rows":
        place = prepare(data, tmp_path)[0]
    before = set(place.glob("*"))

    def lay_out() -> Path:
        folder, _ = prepare(data, tmp_path)
        write_tokens(folder, TextFeatures(kind="counts"))
        return folder

    with monkeypatch.context() as patch:
        patch.setattr(call, full)
        with pytest.raises(StoreError, match=rf"Cannot write {place}/\w.*No space left on device"):
            lay_out()
    assert set(place.glob("*")) == before
    assert list(lay_out().glob("tokens-*"))


def test_data_that_another_process_laid_out_meanwhile_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = Dataset("toy", X, Y, X[:2], Y[:2], ("a", "b"))

    def describe_late(_: Dataset) -> dict[str, Any]:
        monkeypatch.undo()
        prepare(data, tmp_path / "other")
        (tmp_path / "other/data").rename(tmp_path / "faster")
        (tmp_path / "faster" / data.fingerprint).rename(tmp_path / "data" / data.fingerprint)
        return {}

    monkeypatch.setattr("paribus.data.prepared.describe", describe_late)
    folder, described = prepare(data, tmp_path)
    assert described["fingerprint"] == data.fingerprint
    assert list((tmp_path / "data").iterdir()) == [folder]


def test_what_is_laid_out_is_mapped_and_keeps_its_fingerprint(tmp_path: Path) -> None:
    x, y = np.arange(12, dtype=np.float32).reshape(6, 2), np.arange(6) % 2
    data = Dataset("toy", x, y, x[:2], y[:2], ("a", "b"), ("left", "right"), ("a note",))
    folder, _ = prepare(data, tmp_path)
    found = mapped(data, folder)
    parts = (found.x_train, found.y_train, found.x_test, found.y_test)
    assert all(isinstance(part, np.memmap) for part in parts)
    assert replace(found).fingerprint == found.fingerprint == data.fingerprint
    assert (found.feature_names, found.notes) == (data.feature_names, data.notes)
    (folder / "x_test.npy").write_bytes(b"\x93NUMPY")
    with pytest.raises(DataError, match=rf"{folder} is damaged: .*makes it anew"):
        mapped(data, folder)


def test_texts_that_are_laid_out_are_let_go_of_and_found_again(tmp_path: Path) -> None:
    texts, y = np.array(["some words", "", "naïve 日本 \U0001f600\n", "few"], object), np.array([0, 1, 0, 1])
    data = Dataset("toy", texts, y, texts[:3], y[:3], ("a", "b"))
    folder, described = prepare(data, tmp_path)
    found = mapped(data, folder)
    assert (found.is_text, found.item_shape, len(found.x_train)) == (True, (), 4)
    assert found.fingerprint == data.fingerprint
    assert "words" not in found.x_train
    assert prepare(found, tmp_path)[0] == folder  # which needs no texts now
    described["class_names"] = list(data.class_names)
    facts = study_of({"dataset": described}).data
    again = prepared(tmp_path, facts)
    assert again is not None
    assert (again.x_train.tolist(), again.x_test.tolist()) == (texts.tolist(), texts[:3].tolist())
    assert again.fingerprint == data.fingerprint
    (folder / "texts" / "x_test.npy").write_bytes(b"")
    assert prepared(tmp_path, facts) is None
    with pytest.raises(DataError, match="texts is damaged. The same command makes it anew"):
        write_tokens(folder, TextFeatures(kind="counts"))
    prepare(data, tmp_path)
    assert prepared(tmp_path, facts) is not None

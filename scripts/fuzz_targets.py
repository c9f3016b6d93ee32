"""What is fuzzed: for each reader some good inputs, ways to break them, and the call that reads one."""

from __future__ import annotations

import gzip
import io
import json
import lzma
import random
import shutil
import sqlite3
import struct
import tarfile
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from paribus.data import load
from paribus.data.download import unpack
from paribus.data.formats.idx import parse_idx
from paribus.data.locate import Place
from paribus.data.sources.cifar10 import parse_batch
from paribus.data.sources.imdb import IMDB, read_reviews
from paribus.data.sources.sign_mnist import parse_csv
from paribus.planning import plan_study
from paribus.report.gallery import frames
from paribus.results.result import Result
from paribus.spec.data import DataSpec
from paribus.store import Store
from paribus.store.records.study import StudyRecord
from paribus.study import Study

Read = Callable[[bytes], None]
NUMBERS = [0, 1, -1, 2, 127, 128, 255, 256, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**64 - 1]
WORDS = b"nan inf -inf 1e999 null true ~ {} [] : - # & * << ! | > \" ' , \n \t \r".split(b" ")
WORDS += [b"\x00", b"\xff", b"\xfe", b"\xc3\x28", b"\xed\xa0\x80"]
WORDS += [
    b"0" * 40,
    b"9" * 400,
    b"../../x",
    b"/dev/zero",
    b"os:abort",
    b"subprocess:Popen",
    b"!!python/object:os.system",
    b"mlp",
]
VALUES: list[Any] = [
    None,
    True,
    -1,
    0,
    1,
    2**31,
    2**63,
    2**200,
    1e308,
    -0.0,
    0.5,
    "",
    "x",
    "\ud800",
    "\x1b[2J",
    "../../x",
    "nan",
]
VALUES += [
    "os:abort",
    "x" * 2_000,
    [],
    {},
    [1],
    {"kind": "mlp"},
    [[[]]],
    {"": 0},
    "baseline",
    "accuracy",
    "1e-3",
    [0] * 100,
    "é",
]
STUDIES = [
    b"""name: a
question: Q?
data: {source: digits, validation: 0.1}
baseline:
  model: {kind: mlp, width: 8, depth: 2}
  optimizer: {kind: adam, lr: 0.001}
  epochs: 3
seeds: 3
margin: 0.01
factors:
  depth: {vary: model.depth, levels: [1, 2, 3], reference: 2}
""",
    b"""name: b
data: [digits, {source: t.csv, label: y, name: t}]
seeds: {start: 2, max: 9}
metric: loss
factors:
  opt:
    given: {model.width: 9}
    levels:
      A: {optimizer: {kind: sgd, lr: 1e-2, momentum: 0.9}}
      B: {schedule: {kind: cosine}, warmup_epochs: 1}
""",
    b"""name: c
data: {source: digits, text: {kind: tfidf, ngrams: [1, 2]}, scale: none, validation: {folds: 3}}
design: {factorial: [x, y]}
factors: {x: {vary: l2, levels: [0, 0.1]}, y: {vary: epochs, levels: [1, 2, 3]}}
""",
    b"""name: d
data: {source: digits}
baseline: {early_stopping: {patience: 2}, keep: best, augment: {flip: true}}
factors: {r: {levels: {default: {}, tuned: {tuned: true}}}}
tune:
  space: {optimizer.lr: {low: 1.0e-4, high: 1.0e-2, log: true}, model.depth: [1, 2]}
  algorithm: random
  trials: 4
""",
    b"""name: e
data: &d {source: digits, test: 0.2}
seeds: [3, 4]
baseline: &b {model: {kind: cnn}, vary_only: [init], <<: {epochs: 2}}
""",
]


@dataclass(frozen=True)
class Target:
    """One reader.

    Args:
        name: of the target.
        weight: how often its turn comes.
        make: an input.
        open: given a folder of its own, the call that reads one.
    """

    name: str
    weight: float
    make: Callable[[random.Random], bytes]
    open: Callable[[Path], Read]


def _flip(rng: random.Random, data: bytearray, at: int, _: bytes) -> None:
    if at < len(data):
        data[at] ^= 1 << rng.randrange(8)


def _set(rng: random.Random, data: bytearray, at: int, _: bytes) -> None:
    if at < len(data):
        data[at] = rng.choice((0, 1, 9, 10, 32, 34, 44, 127, 128, 255, rng.randrange(256)))


def _number(rng: random.Random, data: bytearray, at: int, _: bytes) -> None:
    size = rng.choice((1, 2, 4, 8))
    value = rng.choice(NUMBERS) & (2 ** (8 * size) - 1)
    data[at : at + size] = value.to_bytes(size, rng.choice(("little", "big")))


def _remove(rng: random.Random, data: bytearray, at: int, _: bytes) -> None:
    del data[at : at + rng.randrange(rng.choice(LENGTHS)) + 1]


def _double(rng: random.Random, data: bytearray, at: int, _: bytes) -> None:
    data[at:at] = data[at : at + rng.choice(LENGTHS)] * rng.choice((1, 1, 2, 50))


def _insert(rng: random.Random, data: bytearray, at: int, _: bytes) -> None:
    data[at:at] = rng.randbytes(rng.randrange(rng.choice(LENGTHS)) + 1)


def _cut(rng: random.Random, data: bytearray, at: int, _: bytes) -> None:
    if rng.random() < 0.3:
        del data[at:]


def _splice(rng: random.Random, data: bytearray, at: int, other: bytes) -> None:
    start, most = rng.randrange(len(other) + 1), rng.choice(LENGTHS)
    data[at : at + most] = other[start : start + most]


def _word(rng: random.Random, data: bytearray, at: int, _: bytes) -> None:
    data[at : at + rng.choice((0, 1, 4))] = rng.choice(WORDS)


LENGTHS = (1, 2, 4, 8, 64, 1_000)
WAYS = (_flip, _set, _number, _remove, _double, _insert, _cut, _splice, _word)


def broken(rng: random.Random, seeds: list[bytes]) -> bytes:
    """A good input with some bytes changed, moved, doubled or taken from another; now and then as it is."""
    data = bytearray(rng.choice(seeds))
    for _ in range(rng.choice((0, 1, 1, 1, 2, 2, 3, 5, 9, 20))):
        rng.choice(WAYS)(rng, data, rng.randrange(len(data) + 1), rng.choice(seeds))
    return bytes(data)


def changed(rng: random.Random, value: Any) -> Any:
    """A JSON value with one or more places in it replaced, removed, renamed or doubled."""
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        value = _changed_once(rng, value)
    return value


def _changed_once(rng: random.Random, value: Any) -> Any:
    if not value or not isinstance(value, dict | list) or rng.random() < 0.1:
        return rng.choice(VALUES)
    key, way = rng.choice(list(value if isinstance(value, dict) else range(len(value)))), rng.randrange(12)
    found: Any = value.copy()
    if way == 0:
        del found[key]
    elif way == 1 and isinstance(found, dict):
        found[rng.choice(["", "x", "\ud800", "kind", *value])] = found[key]
    elif way == 1:
        found += found[key:]
    else:
        found[key] = _changed_once(rng, value[key])
    return found


def make_targets(folder: Path, only: Collection[str] | None = None) -> list[Target]:
    """All of them, or those of these names; the home that two of them need is made in `folder`."""
    found = _file_targets()
    if not only or {"rows", "artifacts"}.intersection(only):
        found += _home_targets(folder)
    return [target for target in found if not only or target.name in only]


def _file_targets() -> list[Target]:
    arrays = {"x": np.arange(24.0).reshape(12, 2), "y": np.arange(12) % 2}
    tables = [b"a,b,label\n" + b"".join(b"%d,%d.5,%d\n" % (n, n, n % 2) for n in range(12))]
    tables += [b"text,label\n" + b"".join(b'"a film %d, b",%s\n' % (n, b"ab"[n % 2 :][:1]) for n in range(12))]
    idx = [bytes([0, 0, 8, 3]) + struct.pack(">3I", 4, 3, 3) + bytes(36), bytes([0, 0, 0x0D, 1, 0, 0, 0, 2]) + bytes(8)]
    cifar = bytes(n % 10 for n in range(3073)) + bytes(3073)
    signs = ("label," + ",".join(f"pixel{n}" for n in range(1, 785)) + "\n" + "3" + ",7" * 784 + "\n").encode()
    yaml = [json.dumps(_loaded(text)).encode() for text in STUDIES]
    return [
        Target("csv", 10, lambda rng: broken(rng, tables), lambda at: _table(at, ".csv")),
        Target("csv.gz", 3, lambda rng: _packed(rng, _gzip, tables), lambda at: _table(at, ".csv.gz")),
        Target("csv.xz", 2, lambda rng: _packed(rng, lzma.compress, tables), lambda at: _table(at, ".csv.xz")),
        Target("npz", 15, _npz(arrays), lambda at: _file(at, "a.npz")),
        Target("parquet", 8, _bytes_of(_parquets()), lambda at: _table(at, ".parquet")),
        Target("images", 12, _bytes_of(_images()), lambda at: _folder(at, ".png", _images()[0])),
        Target(
            "texts", 8, _bytes_of([b"a film", "\ufefföä\n".encode() * 9]), lambda at: _folder(at, ".txt", b"a text")
        ),
        Target("idx", 15, _bytes_of(idx), lambda at: lambda data: _none(parse_idx(data, "x"))),
        Target("cifar", 4, _bytes_of([cifar]), lambda at: lambda data: _none(parse_batch(data, "x"))),
        Target("signs", 2, _bytes_of([signs]), lambda at: lambda data: _none(parse_csv(data, "x"))),
        Target("tar.gz", 5, lambda rng: _packed(rng, _gzip, [_tar()]), _archive),
        Target("study", 8, _bytes_of(STUDIES), _study),
        Target("study.json", 8, lambda rng: json.dumps(changed(rng, json.loads(rng.choice(yaml)))).encode(), _study),
    ]


def _none(_: object) -> None: ...


def _gzip(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def _loaded(text: bytes) -> Any:
    from paribus.spec.files import parse_yaml

    return parse_yaml(text.decode())


def _bytes_of(seeds: list[bytes]) -> Callable[[random.Random], bytes]:
    return lambda rng: broken(rng, seeds)


def _packed(rng: random.Random, pack: Callable[[bytes], bytes], seeds: list[bytes]) -> bytes:
    """Broken before it is packed, or after."""
    return pack(broken(rng, seeds)) if rng.random() < 0.7 else broken(rng, [pack(seed) for seed in seeds])


def _npz(arrays: dict[str, np.ndarray]) -> Callable[[random.Random], bytes]:
    texts = {
        "x": np.array([f"film {n}" for n in range(12)]),
        "y": np.array(["b", "a"] * 6),
        "class_names": np.array(["q", "r"]),
    }
    images = {
        "x_train": np.zeros((8, 4, 4), np.uint8),
        "y_train": np.arange(8) % 2,
        "x_test": np.ones((2, 4, 4), np.uint8),
    }
    seeds: list[list[tuple[str, bytes]]] = []
    for held in (arrays, texts, {**images, "y_test": np.arange(2)}):
        files = [(name, io.BytesIO()) for name in held]
        for name, file in files:
            np.save(file, held[name])
        seeds.append([(name, file.getvalue()) for name, file in files])

    def make(rng: random.Random) -> bytes:
        import zipfile

        chosen, packed = rng.choice(seeds), io.BytesIO()
        spoilt = rng.randrange(len(chosen) + 1)
        with zipfile.ZipFile(packed, "w", rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as file:
            for at, (name, data) in enumerate(chosen):
                entry = zipfile.ZipInfo(f"{name}.npy")  # of 1980, so that an input follows from its number
                file.writestr(entry, broken(rng, [data]) if at == spoilt else data, file.compression)
        return broken(rng, [packed.getvalue()]) if spoilt == len(chosen) else packed.getvalue()

    return make


def _parquets() -> list[bytes]:
    frames = [
        pd.DataFrame({"a": np.arange(12.0), "label": np.arange(12) % 2}),
        pd.DataFrame({"text": [f"a film {n}" for n in range(12)], "label": ["p", "n"] * 6}),
        pd.DataFrame(
            {"a": [True, None] * 6, "b": np.arange(12, dtype=np.int8), "label": pd.Categorical(["p", "n"] * 6)}
        ),
    ]
    return [frame.to_parquet() for frame in frames]


def _images() -> list[bytes]:
    pixels = np.arange(192, dtype=np.uint8).reshape(8, 8, 3)
    found: list[bytes] = []
    for kind in ("PNG", "JPEG", "GIF", "BMP", "WEBP"):
        for image in (
            Image.fromarray(pixels),
            Image.fromarray(pixels[:, :, 0]).convert("L" if kind == "JPEG" else "P"),
        ):
            file = io.BytesIO()
            image.save(file, kind)
            found.append(file.getvalue())
    return found


def _tar() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name in ("train/neg/0_1.txt", "train/pos/0_1.txt", "test/neg/0_1.txt", "test/pos/0_1.txt"):
            about = tarfile.TarInfo(f"aclImdb/{name}")
            about.size = 7
            archive.addfile(about, io.BytesIO(b"a film\n"))
    return file.getvalue()


def _file(at: Path, name: str, **options: Any) -> Read:
    spec = DataSpec(source=name, **options)

    def read(data: bytes) -> None:
        (at / name).write_bytes(data)
        load(spec, at)

    return read


def _table(at: Path, suffix: str) -> Read:
    plain, texts = _file(at, f"a{suffix}"), _file(at, f"a{suffix}", text={"kind": "counts"})
    return lambda data: (texts if data.find(b"text") in range(120) or b"a film" in data else plain)(data)


def _folder(at: Path, suffix: str, good: bytes) -> Read:
    for name in ("a/1", "a/2", "b/1", "b/2"):
        path = at / "items" / f"{name}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(good)
    specs = [DataSpec(source="items", test=0.5), DataSpec(source="items", test=0.5, image_size=(6, 5))]

    def read(data: bytes) -> None:
        (at / "items" / "b" / f"1{suffix}").write_bytes(data)
        load(specs[len(data) % 2 if suffix == ".png" else 0], at)

    return read


def _archive(at: Path) -> Read:
    original = replace(IMDB, mirrors=())

    def read(data: bytes) -> None:
        (at / "aclImdb_v1.tar.gz").write_bytes(data)
        if len(data) % 2:
            read_reviews(original, 1, places=[Place("here", at / "aclImdb")])
        else:
            unpack(at / "aclImdb_v1.tar.gz", ["0_1.txt"], at / "unpacked")

    return read


def _study(at: Path) -> Read:
    def read(data: bytes) -> None:
        (at / "a.yaml").write_bytes(data)
        study = Study.open(str(at / "a.yaml"))
        for part in study.parts():
            part.model_dump(mode="json")
            if not part.tune:
                plan_study(part, "0" * 64)

    return read


def _home_targets(home: Path) -> list[Target]:
    """Rows of the database, and the files of a run, of a study that was trained."""
    factors = {"depth": {"vary": "model.depth", "levels": [1, 2]}}
    baseline = {"model": {"kind": "mlp", "width": 4}, "epochs": 2}
    data = {"source": "digits", "fraction": 0.1}
    asked: dict[str, Any] = {"data": data, "baseline": baseline, "factors": factors, "seeds": 2}
    study = Study(name="a", **asked)
    study.run(home, workers=1, quiet=True)
    shutil.rmtree(home / "data", ignore_errors=True)
    columns = [("studies", "record"), ("runs", "recipe"), ("runs", "metrics")]
    columns += [("runs", name) for name in ("status", "epochs", "best_epoch", "time_s", "message", "seed", "created")]
    with sqlite3.connect(home / "paribus.db") as database:
        stored = {(t, c): database.execute(f"SELECT {c} FROM {t}").fetchone()[0] for t, c in columns}  # noqa: S608
        (key,) = database.execute("SELECT key FROM runs").fetchone()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    run = home / "runs" / key[:2] / key
    files = sorted(path.name for path in run.iterdir() if path.is_file())

    def make_row(rng: random.Random) -> bytes:
        table, column = rng.choice([columns[0]] * 12 + [columns[1]] * 4 + [columns[2]] * 4 + columns)
        value = stored[table, column]
        if column in ("record", "recipe", "metrics"):
            value = json.dumps(changed(rng, json.loads(value))) if rng.random() < 0.9 else broken(rng, [value.encode()])
        else:
            value = rng.choice(
                [
                    v
                    for v in VALUES
                    if v is not None and not isinstance(v, list | dict) and v not in (2**63, 2**200, "\ud800")
                ]
            )
        value = value.decode("latin-1") if isinstance(value, bytes) else value
        return json.dumps([table, column, value]).encode()

    def make_file(rng: random.Random) -> bytes:
        name = rng.choice(files)
        return name.encode() + b"\n" + broken(rng, [(run / name).read_bytes()])

    return [
        Target("rows", 0.5, make_row, lambda at: _rows(home, at)),
        Target("artifacts", 0.25, make_file, lambda at: _artifacts(home, at, key)),
    ]


def _rows(home: Path, at: Path) -> Read:
    shutil.copytree(home, at / "home")
    store = Store(at / "home", reading=True)
    database = sqlite3.connect(at / "home" / "paribus.db", isolation_level=None)
    _look(store, whole=True)  # which imports what is needed

    def read(data: bytes) -> None:
        table, column, value = json.loads(data)
        before = database.execute(f"SELECT rowid, {column} FROM {table}").fetchall()  # noqa: S608
        database.execute(f"UPDATE {table} SET {column} = ?", (value,))  # noqa: S608
        try:
            _look(store, whole=len(data) % 8 == 0)
        finally:
            for row, old in before:
                database.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (old, row))  # noqa: S608

    return read


def _artifacts(home: Path, at: Path, key: str) -> Read:
    shutil.copytree(home, at / "home")
    store = Store(at / "home", reading=True)
    _look(store, whole=True)  # which imports what is needed

    def read(data: bytes) -> None:
        name, _, content = data.partition(b"\n")
        path = at / "home" / "runs" / key[:2] / key / name.decode()
        before = path.read_bytes()
        path.write_bytes(content)
        try:
            _look(store, whole=True)
        finally:
            path.write_bytes(before)

    return read


def _look(store: Store, whole: bool) -> None:
    """What `list`, `show` and, if `whole`, `report` and `load` read of the study."""
    for row in store.studies():
        store.runs(row.record.keys if isinstance(row.record, StudyRecord) else [])
    result = Result(store, "a")
    json.dumps(result.summary, allow_nan=False)
    _none((result.failures, result.verdicts, result.search, result.ladder, result.frozen))
    if whole:
        frames(result.tables)
        result.load("baseline").predict(np.zeros((1, 8, 8)))

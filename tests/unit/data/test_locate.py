"""Where files are found, and downloads from a server on this machine that misbehaves on purpose."""

import gzip
import hashlib
import http.server
import os
import struct
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from paribus.data import locate
from paribus.data.download import download
from paribus.data.locate import Original, Place, Published, load_original, locations, places_of
from paribus.data.sources.mnist import MNIST
from paribus.errors import DataError

NAMES = ("train-images", "train-labels", "test-images", "test-labels")


def idx(x: np.ndarray) -> bytes:
    return bytes([0, 0, 8, x.ndim]) + struct.pack(f">{x.ndim}I", *x.shape) + x.astype(np.uint8).tobytes()


def contents(shift: int) -> dict[str, bytes]:
    x, y = np.arange(16).reshape(4, 2, 2) + shift, np.array([0, 1, 0, 1])
    return dict(zip(NAMES, map(idx, (x, y, x[:2] + 100, y[:2])), strict=True))


def original(name: str, files: dict[str, bytes], *mirrors: str) -> Original:
    published = {
        file: Published(
            md5=hashlib.md5(gzip.compress(content, mtime=0)).hexdigest(), sha256=hashlib.sha256(content).hexdigest()
        )
        for file, content in files.items()
    }
    return Original(name, published, mirrors or ("http://127.0.0.1:9/",))


def put(folder: Path, files: dict[str, bytes], packed: bool = True) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for file, content in files.items():
        target = folder / (f"{file}.gz" if packed else file)
        target.write_bytes(gzip.compress(content, mtime=0) if packed else content)


class Server(http.server.ThreadingHTTPServer):
    """Serves /MIRROR/FILE; the first part of the path says how it misbehaves."""

    daemon_threads = True
    asked: list[str]


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        _, mirror, file = self.path.split("/")
        body = gzip.compress(contents(0)[file.removesuffix(".gz")], mtime=0)
        tries = self.server.asked.count(self.path)
        if mirror == "gone" or (mirror == "busy" and tries <= 2) or mirror == "down":
            self.send_error(404 if mirror == "gone" else 503)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        sent = {"short": body[:-5], "wrong": bytes(len(body))}.get(mirror, body)
        self.wfile.write(body[:-5] if mirror == "cut-once" and tries == 1 else sent)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the toy's downloads."""
    monkeypatch.setattr("pooch.os_cache", lambda _: tmp_path / "cache")
    return tmp_path / "cache" / "toy"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr("paribus.data.download.WAITS_S", (0.01, 0.01))
    with Server(("127.0.0.1", 0), Handler) as running:
        running.asked = []
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def fetch(server: Server, folder: Path, *mirrors: str) -> Path:
    known = original("toy", contents(0)).files["train-images"].md5
    addresses = [f"http://127.0.0.1:{server.server_port}/{mirror}/" for mirror in mirrors]
    return download("train-images.gz", known, addresses, folder)


@pytest.mark.parametrize(("mirror", "tries"), [("good", 1), ("busy", 3), ("cut-once", 2)])
def test_download_comes_through(server: Server, tmp_path: Path, mirror: str, tries: int) -> None:
    path = fetch(server, tmp_path / "new", mirror)
    assert gzip.decompress(path.read_bytes()) == contents(0)["train-images"]
    assert len(server.asked) == tries
    assert os.listdir(tmp_path / "new") == ["train-images.gz"]


@pytest.mark.parametrize(
    ("mirror", "tries", "text"),
    [
        ("gone", 1, "HTTP status 404$"),
        ("down", 3, r"HTTP status 503 \(3 tries\)"),
        ("short", 3, r"(IncompleteRead|checksum).* \(3 tries\)"),
        ("wrong", 3, r"another checksum than was published \(3 tries\)"),
    ],
)
def test_download_fails_and_leaves_nothing(server: Server, tmp_path: Path, mirror: str, tries: int, text: str) -> None:
    with pytest.raises(DataError, match=text):
        fetch(server, tmp_path, mirror)
    assert len(server.asked) == tries
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("bad", ["gone", "wrong", "short", "down"])
def test_next_mirror_is_tried(server: Server, tmp_path: Path, bad: str) -> None:
    assert fetch(server, tmp_path, bad, "good").is_file()
    assert server.asked[-1] == "/good/train-images.gz"


def test_bar_on_a_terminal_only(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fetch(server, tmp_path / "quiet", "good")
    assert "bytes" not in capsys.readouterr().err
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    fetch(server, tmp_path / "shown", "good")
    shown = capsys.readouterr()
    size = (tmp_path / "shown" / "train-images.gz").stat().st_size
    assert f"{size}/{size} bytes" in shown.err
    assert shown.out == ""


def test_nobody_listens(server: Server, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"http://127\.0\.0\.1:9/train-images\.gz: ConnectionError"):
        download("train-images.gz", "0" * 32, ["http://127.0.0.1:9/"], tmp_path)


def test_cache_is_a_file(server: Server, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("")
    with pytest.raises(DataError, match="Cannot write .*XDG_CACHE_HOME"):
        fetch(server, tmp_path / "cache", "good")


def test_only_missing_files_are_downloaded(server: Server, tmp_path: Path, cache: Path) -> None:
    files = contents(0)
    toy = original("toy", files, f"http://127.0.0.1:{server.server_port}/good/")
    put(tmp_path / "here", {name: files[name] for name in NAMES[:3]}, packed=False)
    places = [Place("PARIBUS_DATA", tmp_path / "here")]
    data = load_original(toy, ["a", "b"], places=places)
    assert os.listdir(cache) == ["test-labels.gz"]
    assert server.asked == ["/good/test-labels.gz"]
    assert data.x_train.tolist() == np.arange(16).reshape(4, 2, 2).tolist()
    assert (data.y_train.tolist(), data.y_test.tolist()) == ([0, 1, 0, 1], [0, 1])
    assert data.y_train.dtype == np.int64


def test_order_of_search(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    toy = original("toy", contents(0))
    monkeypatch.setenv("PARIBUS_DATA", os.pathsep.join(["/a", "/b"]))
    places = places_of(toy)
    assert [str(place.folder) for place in places] == ["/a/toy", "/a", "/b/toy", "/b", str(cache)]
    assert [place.label for place in places] == [*["PARIBUS_DATA"] * 4, "cache"]
    debian = Original("toy", toy.files, toy.mirrors, Path("/debian"))
    assert str(places_of(debian)[-1]) == "Debian: /debian"


@pytest.mark.parametrize("packed", [True, False])
def test_damaged_copy_is_named_though_a_good_one_follows(tmp_path: Path, packed: bool) -> None:
    files = contents(0)
    put(tmp_path / "bad", files | {"train-labels": idx(np.array([1, 1, 1, 1]))}, packed)
    put(tmp_path / "good", files)
    places = [Place("PARIBUS_DATA", tmp_path / "bad"), Place("cache", tmp_path / "good")]
    with pytest.raises(DataError, match=r"bad/train-labels(\.gz)? is damaged .*has sha256 .*, published was"):
        load_original(original("toy", files), ["a", "b"], places=places)


def test_packed_file_cut_off(tmp_path: Path) -> None:
    files = contents(0)
    put(tmp_path, files)
    whole = (tmp_path / "train-images.gz").read_bytes()
    (tmp_path / "train-images.gz").write_bytes(whole[:-9])
    with pytest.raises(DataError, match=r"train-images\.gz is damaged .*it cannot be read"):
        load_original(original("toy", files), ["a", "b"], places=[Place("cache", tmp_path)])


def test_plain_file_cut_off_says_how_many_bytes(tmp_path: Path) -> None:
    files = contents(0)
    put(tmp_path, files | {"train-images": files["train-images"][:-3]}, packed=False)
    with pytest.raises(DataError, match="train-images has 29 bytes .* asks for 32"):
        load_original(original("toy", files), ["a", "b"], places=[Place("cache", tmp_path)])


def test_other_set_of_the_same_file_names_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    toy, other = original("toy", contents(0)), original("other", contents(7))
    monkeypatch.setattr(locate, "_PUBLISHED", {"toy": toy, "other": other})
    put(tmp_path / "other", contents(7))
    put(tmp_path / "toy", contents(0))
    places = [Place("PARIBUS_DATA", tmp_path / "other"), Place("PARIBUS_DATA", tmp_path / "toy")]
    assert load_original(toy, ["a", "b"], places=places).x_train.max() == 15
    assert load_original(other, ["a", "b"], places=places).x_train.max() == 22


def test_when_all_fails_every_place_is_listed(server: Server, tmp_path: Path, cache: Path) -> None:
    root = f"http://127.0.0.1:{server.server_port}/"
    toy = original("toy", contents(0), f"{root}gone/", f"{root}down/")
    (tmp_path / "empty").mkdir()
    places = [Place("PARIBUS_DATA", tmp_path / "nowhere"), Place("Debian", tmp_path / "empty")]
    with pytest.raises(DataError) as raised:
        load_original(toy, ["a", "b"], places=places)
    lines = str(raised.value).splitlines()
    assert lines[0] == "toy: no copy of train-images.gz. Searched:"
    assert lines[1:5] == [
        f"  PARIBUS_DATA: {tmp_path}/nowhere: no such folder",
        f"  Debian: {tmp_path}/empty: not there",
        f"  {root}gone/train-images.gz: HTTP status 404",
        f"  {root}down/train-images.gz: HTTP status 503 (3 tries)",
    ]
    assert f"by hand into {cache}, or set PARIBUS_DATA" in lines[5]


def test_locations_say_where_it_would_come_from(cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(locate._PUBLISHED, "mnist", replace(MNIST, debian=tmp_path / "nowhere"))
    monkeypatch.delenv("PARIBUS_DATA", raising=False)
    there = cache.parent / "mnist"
    there.mkdir(parents=True)
    (there / "train-images-idx3-ubyte.gz").write_bytes(b"")
    (there / "train-labels-idx1-ubyte").write_bytes(b"")
    assert locations("mnist") == [
        (f"cache: {there}", "2 of 4 files"),
        (f"Debian: {tmp_path}/nowhere", "0 of 4 files"),
        ("https://ossci-datasets.s3.amazonaws.com/mnist/", "download needed: 2 of 4 files"),
    ]
    assert locations("digits") == [("bundled", "installed with paribus")]


def test_locations_of_an_unknown_source() -> None:
    with pytest.raises(DataError, match=r"Unknown data source 'minst'\. Did you mean 'mnist'\?"):
        locations("minst")

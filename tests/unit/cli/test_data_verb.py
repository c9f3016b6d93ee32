"""`paribus data show`: what it prints, and the page it writes."""

import base64
import io
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from typer.testing import CliRunner

from paribus.cli.app import app
from paribus.data import Dataset, describe, load, near_duplicates
from paribus.report.figures.data import balance, features, samples, values
from paribus.report.pages.data import write_data_page
from paribus.spec.data import DataSpec

RNG = np.random.default_rng(0)
X = RNG.integers(0, 256, (30, 3, 8, 8), dtype=np.uint8)
LABELS = np.arange(30) % 2
TOY = Dataset("toy", X, LABELS, X[:7], LABELS[:7], ("cat", "<dog>"), notes=("it leaks & more",))


def picture(uri: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))))


def test_show_prints_what_the_description_says(tmp_path: Path) -> None:
    text = CliRunner().invoke(app, ["data", "show", "digits"])
    assert text.exit_code == 0
    found = json.loads(CliRunner().invoke(app, ["data", "show", "digits", "--json"]).stdout)
    assert set(found["near"]) == {"train", "test", "overlap", "validation", "validation_rows"}
    assert (
        f"leak         of 287 training items held out at random (20 %), {found['near']['validation']} have"
        in text.stdout
    )
    x = load(DataSpec(source="digits"), tmp_path).x_train
    numbers = rf"{x.mean():.5g} +{x.std():.5g} +0 +16 +{100 * (x == 0).mean():.5g}"
    assert re.search(rf"^training +all +{numbers}$", text.stdout, re.M)
    assert found["notes"] == []
    near = found["near"]
    assert f"near         {near['train']:,} training items have a near copy in training" in text.stdout
    assert re.search(
        rf"^0 +{found['class_counts']['train']['0']} +{found['class_counts']['test']['0']}$", text.stdout, re.M
    )


def test_show_warns_with_the_notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "leaky.py").write_text(
        "import numpy as np\nfrom paribus import Dataset\ndef make():\n    y = np.arange(8) % 2\n"
        "    x = np.random.default_rng(0).random((8, 3), dtype=np.float32)\n"
        "    return Dataset('leaky', x, y, x, y, ('a', 'b'), notes=('do not [b]trust it',))\n"
    )
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["data", "show", "leaky:make", "--output", "page/a.html"])
    assert "beware       do not [b]trust it" in done.stdout
    assert "8 test items are also training items" in done.stdout
    assert "near" not in done.stdout
    assert "do not [b]trust it" in Path("page/a.html").read_text(encoding="utf-8")


def test_balance_and_values_are_those_of_the_data() -> None:
    table = balance.frame(describe(TOY)["class_counts"])
    assert table.to_dict("list") == {"class": ["cat", "<dog>"], "train": [15, 15], "test": [4, 3]}
    blue = values.statistics(TOY).query("part == 'training' and channel == 'blue'").iloc[0]
    expected = [X[:, 2].mean(), X[:, 2].std(), X[:, 2].min(), X[:, 2].max(), 100 * (X[:, 2] == 0).mean()]
    np.testing.assert_allclose(blue.iloc[2:].to_numpy(float), expected)
    shares = values.frame(TOY).groupby(["part", "channel"])["percent"].sum()
    np.testing.assert_allclose(shares, 100)
    assert len(shares) == 6


def test_values_that_are_no_pixels() -> None:
    x = RNG.normal(size=(50, 2, 2)).astype(np.float32)
    data = Dataset("toy", x, LABELS[:1].repeat(50), x[:9], LABELS[:1].repeat(9), ("a",))
    row = values.statistics(data).iloc[0]
    assert row[["mean", "deviation", "lowest"]].tolist() == pytest.approx([x.mean(), x.std(), x.min()], abs=1e-6)


@pytest.mark.parametrize(("values_of", "edges"), [(256, range(0, 257, 8)), (17, range(18)), (33, range(0, 35, 2))])
def test_whole_numbers_are_counted_in_bins_of_equal_width(values_of: int, edges: range) -> None:
    x = np.arange(values_of, dtype=np.uint8).repeat(4).reshape(2, -1, 2)
    data = Dataset("toy", x, LABELS[:2], x, LABELS[:2], ("a", "b"))
    table = values.frame(data).query("part == 'test'")
    counts = np.histogram(x, [edge - 0.5 for edge in edges])[0]
    np.testing.assert_allclose(table["percent"], 100 * counts / x.size)
    assert table["value"].tolist() == [(a + b - 1) / 2 for a, b in zip(edges, edges[1:], strict=False)]


def test_images_of_several_sizes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for at in range(12):
        Path("own", "ab"[at % 2]).mkdir(parents=True, exist_ok=True)
        Image.fromarray(X[at, 0, : 8 - at % 3]).save(f"own/{'ab'[at % 2]}/{at}.png")
    refused = CliRunner().invoke(app, ["data", "show", "own"])
    assert "resize all with `data.image_size` in a study, --image-size in `paribus data show`" in str(refused.exception)
    shown = CliRunner().invoke(app, ["data", "show", "own", "--image-size", "5", "--json"])
    assert json.loads(shown.stdout)["item_shape"] == [5, 5]


def table_of(*names: str) -> Dataset:
    x = (RNG.normal(size=(50, len(names) or 3)) * [1, 1000, 0.001]).astype(np.float32)
    labels = np.arange(50) % 2
    return Dataset("toy", x[:40], labels[:40], x[40:], labels[40:], ("cat", "<dog>"), names)


def test_each_feature_of_a_table_has_its_own_numbers() -> None:
    data = table_of("height", "weight", "height & width")
    peer = pd.DataFrame(data.x_train.astype(float), columns=list(data.feature_names))
    found = values.statistics(data).query("part == 'training'").set_index("channel")
    np.testing.assert_allclose(found["mean"], peer.mean())
    np.testing.assert_allclose(found["deviation"], peer.std(ddof=0))
    means = features.frame_of_means(data).set_index("class")
    np.testing.assert_allclose(means, peer.groupby(data.y_train).mean())
    rows = features.frame(data, 20)
    np.testing.assert_array_equal(rows.iloc[:, 2:], data.x_train[rows["row"]])
    assert features.frame_of_classes(data, 3)["class"].tolist() == ["cat"] * 3 + ["<dog>"] * 3
    middles = values.frame(data).groupby("channel")["value"].agg(["min", "max"])
    assert (middles.loc["weight", "max"], middles.loc["height", "max"]) == pytest.approx(
        [
            high - (high - low) / 64
            for low, high in zip(
                np.concatenate([data.x_train, data.x_test]).min(0)[[1, 0]],
                np.concatenate([data.x_train, data.x_test]).max(0)[[1, 0]],
                strict=True,
            )
        ]
    )


def test_the_page_of_a_table(tmp_path: Path) -> None:
    data = table_of()
    text = write_data_page(tmp_path / "toy.html", data, {**describe(data), "near": None}).read_text(encoding="utf-8")
    body = text.partition("</script>")[2]
    assert re.findall(r'<section id="(\w+)"', body) == ["balance", "random", "classes", "means", "values", "statistics"]
    assert "<th>class</th><th>row</th><th>1</th><th>2</th><th>3</th>" in body
    assert len(re.findall("<td>&lt;dog&gt;</td>", body)) == (features.frame(data, 20)["class"] == "<dog>").sum() + 3 + 1
    assert f"<td>{data.x_train[features.frame(data, 1)['row'][0], 1]:.5g}</td>" in body


def test_large_pictures_are_made_smaller() -> None:
    x = np.full((4, 200, 400), 9, np.uint8)
    data = Dataset("toy", x, LABELS[:4], x, LABELS[:4], ("a", "b"))
    assert picture(samples.frame(data, 1)["image"][0]).shape == (64, 128)


def test_samples_are_the_rows_they_name() -> None:
    table = samples.frame(TOY, 20)
    assert len(set(table["row"])) == 20
    for _, row in table.iterrows():
        assert row["title"] == TOY.class_names[LABELS[row["row"]]]
        assert np.array_equal(picture(row["image"]), X[row["row"]].transpose(1, 2, 0))
    assert samples.frame_of_classes(TOY, 3)["title"].tolist() == ["cat"] * 3 + ["<dog>"] * 3
    mean = picture(samples.frame_of_means(TOY)["image"][1]).transpose(2, 0, 1)
    assert np.abs(mean - X[1::2].mean(axis=0)).max() <= 0.5


def test_the_grid_holds_every_image_below_its_title() -> None:
    figure = samples.draw(samples.frame(TOY, 20), columns=8)
    image, note = figure.layout.images[8], figure.layout.annotations[8]
    assert (image.x, image.y) == (0, note.y)
    assert 1 < note.y < note.y + image.sizey <= 2
    assert figure.layout.annotations[0].text in ("cat", "&lt;dog&gt;")
    assert tuple(figure.layout.yaxis.range) == (3, 0)


def test_the_page_has_all_figures_and_their_tables(tmp_path: Path) -> None:
    found = {**describe(TOY), "near": near_duplicates(TOY), "texts": None}
    text = write_data_page(tmp_path / "new" / "toy.html", TOY, found).read_text(encoding="utf-8")
    assert re.findall(r'id="figure-(\w+)"', text) == ["balance", "values"]
    assert re.findall(r'<div class="pictures (\w+)">', text) == ["random", "classes", "means"]
    pictures = re.findall(r'<img src="([^"]+)" alt="">([^<]+)<', text)
    assert [title for _, title in pictures[20:]] == ["cat"] * 3 + ["&lt;dog&gt;"] * 3 + ["cat", "&lt;dog&gt;"]
    assert [uri for uri, _ in pictures[:20]] == samples.frame(TOY, 20)["image"].tolist()
    assert "it leaks &amp; more" in text
    assert "<dog>" not in text.partition("</script>")[2]
    assert not re.search(r'(src|href)="http', text.partition("</script>")[2])
    link = re.search(r'download="toy-balance.csv" href="data:text/csv[^,]*,([^"]+)"', text)
    assert link
    assert pd.read_csv(io.BytesIO(base64.b64decode(link[1]))).equals(balance.frame(found["class_counts"]))


@pytest.fixture
def reviews(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder and a table of the same texts."""
    monkeypatch.chdir(tmp_path)
    rows = [("good", f"a good film <b>{at}</b>") for at in range(9)] + [("bad", "a bad film " * 50)] * 9
    for at, (kind, text) in enumerate(rows):
        (tmp_path / "reviews" / kind).mkdir(parents=True, exist_ok=True)
        (tmp_path / "reviews" / kind / f"{at}.txt").write_text(text)
    pd.DataFrame(rows, columns=["stars", "review"]).to_csv("reviews.csv", index=False)
    return tmp_path


@pytest.mark.parametrize("words", [["reviews"], ["reviews.csv", "--text", "review", "--label", "stars"]])
def test_show_texts(reviews: Path, words: list[str]) -> None:
    printed = CliRunner().invoke(app, ["data", "show", *words])
    assert printed.exit_code == 0
    assert "training texts  2 to 100 words" in printed.stdout
    assert re.search(r"^bad +7 +2 +bad *$", printed.stdout, re.M)
    found = json.loads(CliRunner().invoke(app, ["data", "show", *words, "--json"]).stdout)
    assert found["near"] is None
    assert found["statistics"] == []
    assert found["duplicates"]["train"] == 6
    assert found["texts"]["words"]["train"]["longest"] == 100
    assert len(found["texts"]["classes"]) == 6
    assert all(len(sample["text"]) <= 302 for sample in found["texts"]["random"])


def test_the_page_of_texts(reviews: Path) -> None:
    CliRunner().invoke(app, ["data", "show", "reviews", "--output", "page.html"], catch_exceptions=False)
    text = Path("page.html").read_text(encoding="utf-8")
    assert re.findall(r'id="figure-(\w+)"', text) == ["balance", "lengths", "top"]
    assert "a good film &lt;b&gt;" in text
    links = re.findall(r'download="reviews-(\w+)\.csv" href="data:text/csv[^,]*,([^"]+)"', text)
    tables = {name: pd.read_csv(io.BytesIO(base64.b64decode(link))) for name, link in links}
    assert set(tables) == {"balance", "lengths", "top", "random_texts", "class_texts"}
    assert tables["lengths"][["train", "test"]].sum().tolist() == [14, 4]
    assert tables["top"].groupby("class")["score"].max().gt(0).to_dict() == {"bad": True, "good": True}
    assert set(tables["random_texts"]["class"]) == {"good", "bad"}


def test_a_page_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = CliRunner().invoke(app, ["data", "show", "digits", "--output", str(tmp_path / "file" / "a.html")])
    assert "Cannot write" in str(done.exception)

"""Fashion-MNIST."""

from __future__ import annotations

from pathlib import Path

from paribus.data.dataset import Dataset
from paribus.data.locate import Original, Published, load_original, publish
from paribus.spec.parts import part

CLASS_NAMES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)
FASHION_MNIST = publish(
    Original(
        name="fashion_mnist",
        files={
            "train-images-idx3-ubyte": Published(
                md5="8d4fb7e6c68d591d4c3dfef9ec88bf0d",
                sha256="c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
                size=47_040_016,
            ),
            "train-labels-idx1-ubyte": Published(
                md5="25c81989df183df01b3e8a0aad5dffbe",
                sha256="bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
                size=60_008,
            ),
            "t10k-images-idx3-ubyte": Published(
                md5="bef4ecab320f06d8554ea6380940ec79",
                sha256="5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
                size=7_840_016,
            ),
            "t10k-labels-idx1-ubyte": Published(
                md5="bb300cfdad3c16e7a12a480ee83cd310",
                sha256="0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
                size=10_008,
            ),
        },
        mirrors=("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",),
        debian=Path("/usr/share/datasets/fashion-mnist"),
    )
)


@part("data")
def fashion_mnist() -> Dataset:
    """70,000 pictures of clothes as 28 x 28 grey pixels, 10 classes.

    Raises:
        DataError: a file is damaged, or is nowhere and cannot be downloaded.

    Source: Xiao, Rasul and Vollgraf (2017), arXiv 1708.07747; class names in the authors' order.
    """
    return load_original(FASHION_MNIST, CLASS_NAMES)

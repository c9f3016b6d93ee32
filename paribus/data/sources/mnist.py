"""MNIST."""

from __future__ import annotations

from paribus.data.dataset import Dataset
from paribus.data.locate import Original, Published, load_original, publish
from paribus.spec.parts import part

MNIST = publish(
    Original(
        name="mnist",
        files={
            "train-images-idx3-ubyte": Published(
                md5="f68b3c2dcbeaaa9fbdd348bbdeb94873",
                sha256="ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
                size=47_040_016,
            ),
            "train-labels-idx1-ubyte": Published(
                md5="d53e105ee54ea40749a09fcbcd1e9432",
                sha256="65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
                size=60_008,
            ),
            "t10k-images-idx3-ubyte": Published(
                md5="9fb629c4189551a2d022fa330f9573f3",
                sha256="0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                size=7_840_016,
            ),
            "t10k-labels-idx1-ubyte": Published(
                md5="ec29112dd5afa0611ce80d1b7f02629c",
                sha256="ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
                size=10_008,
            ),
        },
        mirrors=(
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
    )
)


@part("data")
def mnist() -> Dataset:
    """70,000 handwritten digits as 28 x 28 grey pixels, 10 classes.

    Raises:
        DataError: a file is damaged, or is nowhere and cannot be downloaded.

    Source: LeCun et al. (1998), "Gradient-based learning applied to document recognition"; mirrors and md5 as in
    torchvision's `MNIST`.
    """
    return load_original(MNIST, [str(digit) for digit in range(10)])

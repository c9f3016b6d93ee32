"""The registered data sets, one file each; importing this room registers them all."""

from paribus.data.sources import cifar10 as cifar10
from paribus.data.sources import digits as digits
from paribus.data.sources import fashion_mnist as fashion_mnist
from paribus.data.sources import fashion_mnist_mini as fashion_mnist_mini
from paribus.data.sources import imdb as imdb
from paribus.data.sources import mnist as mnist
from paribus.data.sources import sign_mnist as sign_mnist

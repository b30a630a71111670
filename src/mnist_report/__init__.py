"""A living report on the 2019 paper *An Approximation to the MNIST Dataset*."""

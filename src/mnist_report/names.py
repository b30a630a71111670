"""How tables and figures name things that the parameters name in short."""

KERNELS = {"linear": "linear", "poly": "polynomial", "sigmoid": "sigmoid", "rbf": "RBF"}

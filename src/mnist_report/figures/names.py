"""How tables and figures name things that the parameters name in short."""

KERNELS = {
    "linear": "linear",
    "poly": "polynomial",
    "sigmoid": "sigmoid",
    "rbf": "RBF",
}

#: The final models in the paper's order, under the names of their stages.
MODELS = {
    "svm_final": "support vector machine",
    "scratch_nn": "network from scratch",
    "keras_dense": "dense network",
    "cnn": "convolutional network",
}

#: The same where there is little room.
SHORT = {"svm_final": "SVM", "scratch_nn": "scratch", "keras_dense": "dense", "cnn": "CNN"}

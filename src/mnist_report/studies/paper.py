"""The paper's own settings, which the studies measure whatever `params.yaml` says.

`params.yaml` holds the same values until somebody changes them; a test compares the two.
"""

from typing import Any

from mnist_report.core.params import (
    Cnn,
    KerasDense,
    Params,
    ScratchNn,
    SvmFinal,
    SvmGridsearch,
    SvmKernels,
)

#: What the search found (cell 19), and with what the final machine is fitted (cell 20).
FOUND_C, FOUND_GAMMA = 10.0, 0.01

SVM_KERNELS = SvmKernels(
    rows=10_000,
    region_rows=1000,
    C=1.0,
    gamma="auto",
    degree=2,
    kernels=["linear", "poly", "sigmoid", "rbf"],
)

SVM_GRIDSEARCH = SvmGridsearch(
    rows=500,
    folds=5,
    C=[0.01, 0.1, 1, 10, 100, 1000, 10_000],
    gamma=[0.0001, 0.001, 0.01, 0.1, 1],
)

SVM_FINAL = SvmFinal(
    rows=30_000,
    kernel="rbf",
    hyperparameters="from_gridsearch",
    C=FOUND_C,
    gamma=FOUND_GAMMA,
    pca_components=None,
)

SCRATCH_NN = ScratchNn(
    hidden_layer_sizes=[100],
    activation="sigmoid",
    init="normal",
    epochs=2,
    minibatch_size=50,
    learning_rate=1.0,
    solver="descent",
    shuffle=False,
    minibatching="standard",
    dtype="float32",
    validation_share=0.2,
)

KERAS_DENSE = KerasDense(hidden_units=[1200, 1200], dropout=0.4, epochs=10, batch_size=62)

CNN = Cnn(
    filters=[6, 16],
    kernel_size=3,
    dense_units=[120, 84],
    dropout=0.5,
    epochs=5,
    batch_size=128,
    validation_share=0.2,
    image=2,
)

SECTIONS = {
    "svm_kernels": SVM_KERNELS,
    "svm_gridsearch": SVM_GRIDSEARCH,
    "svm_final": SVM_FINAL,
    "scratch_nn": SCRATCH_NN,
    "keras_dense": KERAS_DENSE,
    "cnn": CNN,
}


def changed(params: Params) -> dict[str, tuple[Any, Any]]:
    """Return the settings that are not the paper's: dotted name to the paper's and to this one."""
    return {
        f"{section}.{name}": (value, here)
        for section, paper in SECTIONS.items()
        for name, value in paper
        if (here := getattr(getattr(params, section), name)) != value
    }

"""The final support vector machine, as its stage keeps it, against scikit-learn."""

import runpy

import numpy as np
import skops.io
from sklearn.decomposition import PCA
from sklearn.svm import SVC

from mnist_report.core import files, paths
from mnist_report.core.params import load_params
from mnist_report.core.stage import Stage
from mnist_report.data.randomness import generator
from mnist_report.data.sampling import draw_with_replacement
from mnist_report.models import report_card
from samples import digits

DATA = digits(200, 80)
FOUND = {"C": 10.0, "gamma": 0.02}


def test_on_components_it_is_kept_as_one_model_that_takes_images(tmp_path, monkeypatch):
    for name in ("METRICS", "MODELS", "PLOTS", "RESULTS", "SCORES"):
        monkeypatch.setattr(paths, name, tmp_path / name.lower())
    monkeypatch.setattr(report_card, "draw", lambda *_, **__: b"")
    files.write_json(paths.results_file("svm_gridsearch"), FOUND)
    params = load_params()
    section = params.svm_final.model_copy(update={"pca_components": 12})
    main = runpy.run_path(str(paths.ROOT / "stages" / "svm_final.py"))["main"]
    monkeypatch.setitem(main.__globals__, "load_scaled", lambda: DATA)
    main(Stage(params.model_copy(update={"svm_final": section})))

    drawn = draw_with_replacement(200, 200, generator(params.seed, "svm_final"))
    pca = PCA(12).fit(DATA.train_images)
    expected = SVC(**FOUND).fit(pca.transform(DATA.train_images[drawn]), DATA.train_labels[drawn])
    answers = expected.predict(pca.transform(DATA.test_images))
    results = files.read_json(paths.results_file("svm_final"))
    assert results["test"]["accuracy"] == (answers == DATA.test_labels).mean()
    model = skops.io.load(paths.MODELS / "svm_final.skops", trusted=[])
    assert np.array_equal(model.predict(DATA.test_images), answers)

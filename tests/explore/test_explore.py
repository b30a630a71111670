"""The page to play with and the report in a real Chromium.

The page gives Python's answers and every control works; the report fits a phone.
"""

import json
import re

import numpy as np
import pytest
from browser import CHROMIUM, Browser
from sklearn.decomposition import PCA
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from miniature import noisy
from mnist_report.core import files, paths
from mnist_report.core.archives import load_model
from mnist_report.data.distortions import deskew, distort
from mnist_report.explore import pack
from mnist_report.models.classical.duels import duel_values, fit_sigmoids, probabilities
from mnist_report.models.classical.svm import predict_with_scores
from mnist_report.models.scratch.neural_network import NeuralNetworkClassifier
from mnist_report.report.render import to_html

PAGE = paths.REPORT / "explore.html"
NETWORKS = ("scratch_nn", "keras_dense", "cnn")
BEST = ("best_scratch_nn", "best_cnn")
DIGITS = np.arange(200) % 10
IMAGES = noisy(DIGITS).reshape(200, 784).astype(np.float32) / np.float32(255)

#: A 4 in two strokes, in shares of the paper.
FOUR = (((0.35, 0.2), (0.28, 0.5), (0.7, 0.48)), ((0.62, 0.2), (0.58, 0.55), (0.55, 0.85)))

ENTER, TAB, RIGHT, DOWN = ("Enter", 13, "\r"), ("Tab", 9), ("ArrowRight", 39), ("ArrowDown", 40)


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("there is no Chromium; Debian has it in its package chromium")
    started = Browser()
    yield started
    started.close()


@pytest.fixture(scope="module")
def real():
    """Return the page of the trained models."""
    models = (paths.MODELS / "svm_final.skops", paths.SCALED / "test_images.npy")
    if missing := [path.name for path in (PAGE, *models) if not path.exists()]:
        pytest.skip(f"{', '.join(missing)} missing; 'make repro' or 'dvc pull' brings them")
    return PAGE


def answers(browser, images):
    """Return what the page answers: digits by model, and probabilities, (n, 10), by model."""
    pixels = json.dumps(np.rint(images * 255).astype(int).tolist())
    said = browser.js(f"""(async () => {{
      const [{{ load }}, {{ ask }}] = [await import("data"), await import("models")];
      const {{ about, arrays }} = await load();
      const said = (image) => ask(about, arrays, Float32Array.from(image, (p) => p / 255));
      const kept = ({{ answer, probabilities }}) => [answer, probabilities];
      return {pixels}.map((image) => Object.values(said(image)).map(kept));
    }})()""")
    by_model = zip(("svm_final", *NETWORKS, *BEST), zip(*said, strict=True), strict=True)
    return {
        key: (np.array([answer for answer, _ in rows]), np.array([shares for _, shares in rows]))
        for key, rows in by_model
    }


def of_machine(machine, X, sigmoids):
    """Return an SVM's votes and its probabilities, (n, 10)."""
    votes, _ = predict_with_scores(machine, X)
    shares = np.zeros((len(X), 10))
    k = len(machine.classes_)
    shares[:, machine.classes_] = probabilities(duel_values(machine, X), sigmoids, k)
    return votes, shares


def write_page(path, machine, sigmoids, pca, scratch, keras_networks):
    arrays = {}
    curve = {"mean": [0.9, 0.95], "low": [0.88, 0.94], "high": [0.91, 0.96]}
    components = PCA(60).fit(IMAGES)
    everyone = dict.fromkeys(("svm_final", *NETWORKS, *BEST), DIGITS[:30])
    about = {
        "title": "Tiny <digits>",
        "models": {
            "svm_final": pack.add_svm(arrays, "svm_final", machine, sigmoids, pca),
            "scratch_nn": pack.add_scratch(arrays, "scratch_nn", scratch),
            **{key: pack.add_keras(arrays, key, keras_networks[key]) for key in NETWORKS[1:]},
            "best_scratch_nn": pack.add_scratch(arrays, "best_scratch_nn", scratch)
            | {"upright": True},
            "best_cnn": pack.add_keras(arrays, "best_cnn", keras_networks["best_cnn"]),
        },
        "variance": np.cumsum(components.explained_variance_ratio_),
        "examples": {"images": np.arange(10), "labels": DIGITS[:10]},
        "misread": {"images": np.arange(30), "labels": DIGITS[1:31], "answers": everyone},
        "curves": {"scaling.scaled": curve, "convergence.sigmoid.eta_0.1": curve},
        "slips": {name: [0.9, 0.8] for name in ("base", "fan_in", "shuffled", "all_right")},
    }
    pack.add_rows(arrays, "pca.components", components.components_, 8)
    pack.add_floats(arrays, "pca.mean", components.mean_)
    pack.add_pixels(arrays, "examples", IMAGES[:10])
    pack.add_pixels(arrays, "misread", IMAGES[:30])
    path.write_text(pack.render(about, arrays), encoding="utf-8")


def test_small_models_of_every_kind_answer_as_in_python(browser, tmp_path):
    import keras

    from mnist_report.models.keras import networks

    # Not `prepare`: another test of this process may have started TensorFlow.
    keras.utils.set_random_seed(0)
    keras_networks = {
        "keras_dense": networks.dense_network((20, 15)),
        "cnn": networks.convolutional_network((3, 4), 4, (20, 10)),
        "best_cnn": networks.folded(
            networks.normalised_network([[3], [4, 6], []], 3, [8], dropout=0.0)
        ),
    }
    pca = PCA(20).fit(IMAGES)
    few = DIGITS < 2
    cases = {
        "rbf on pixels": (SVC(C=10, gamma=0.01), None, slice(None)),
        "polynomial on components": (SVC(kernel="poly", degree=2, gamma=0.1), pca, slice(None)),
        "linear, two classes": (SVC(kernel="linear", gamma=0.1), None, few),
        "sigmoid": (SVC(kernel="sigmoid", gamma=0.001, coef0=0.1), None, slice(None)),
    }
    rng = np.random.default_rng(3)
    shown = np.rint(255 * (IMAGES[:40] * 0.5 + 0.5 * IMAGES[rng.permutation(200)[:40]])) / 255
    shown[0] = 0
    # Half of them lean, and none is in the middle.
    shown[20:] = distort(shown[20:].astype(np.float32), 3, rng)
    shown = np.rint(255 * shown) / 255
    upright = deskew(shown.astype(np.float32))
    assert np.abs(upright - shown).max() > 0.5
    for name, (machine, projection, rows) in cases.items():
        X, y = IMAGES[rows].astype(float), DIGITS[rows]
        seen = shown
        if projection is not None:
            X, seen = projection.transform(X), projection.transform(shown)
        half = len(X) // 2
        machine.fit(X[:half], y[:half])
        sigmoids = fit_sigmoids(duel_values(machine, X[half:]), y[half:], machine.classes_)
        layers, activation = ((20,), "sigmoid") if projection is None else ((20, 12), "relu")
        scratch = NeuralNetworkClassifier(layers, activation=activation, init="fan_in")
        scratch.set_params(random_state=1, learning_rate=0.1).fit(IMAGES[rows], y)
        page = tmp_path / "explore.html"
        write_page(page, machine, sigmoids, projection, scratch, keras_networks)
        browser.open(page)
        given = answers(browser, shown)

        shares = {}
        for key, images in {"scratch_nn": shown, "best_scratch_nn": upright}.items():
            shares[key] = np.zeros((len(shown), 10))
            shares[key][:, scratch.classes_] = scratch.predict_proba(images)
        shares |= {k: net.predict(shown, verbose=0) for k, net in keras_networks.items()}
        votes, shares["svm_final"] = of_machine(machine, seen, sigmoids)
        np.testing.assert_array_equal(given["svm_final"][0], votes, err_msg=name)
        for key, expected in shares.items():
            np.testing.assert_allclose(given[key][1], expected, atol=0.002, err_msg=name + key)


def test_200_test_images_are_answered_as_by_the_trained_models(browser, real):
    browser.open(real)
    images = files.load_array(paths.SCALED / "test_images.npy")
    rows = np.linspace(0, len(images) - 1, min(200, len(images))).astype(int)
    shown = np.array(images[rows])
    given = answers(browser, shown)
    expected = {}
    for key in NETWORKS:
        shares = files.load_array(paths.SCORES / f"{key}.npy")[rows]
        expected[key] = shares.argmax(axis=1), shares
    scratch, cnn = (load_model(paths.BEST / file) for file in ("scratch_nn.skops", "cnn.keras"))
    for key, shares in zip(BEST, (scratch.predict_proba(deskew(shown)), cnn(shown)), strict=True):
        expected[key] = np.argmax(shares, axis=1), np.asarray(shares)
    sigmoids = browser.js("""(async () => {
      const { arrays } = await (await import("data")).load();
      return Array.from(arrays["svm_final.sigmoids"].values);
    })()""")
    machine = load_model(paths.MODELS / "svm_final.skops")
    seen = shown.astype(float)
    if isinstance(machine, Pipeline):
        pca, machine = machine
        seen = pca.transform(seen)
    expected["svm_final"] = of_machine(machine, seen, np.reshape(sigmoids, (-1, 2)))
    for key, (digits, shares) in expected.items():
        assert (given[key][0] == digits).mean() >= 0.995, key
        if shares.shape[1] == 10:
            assert np.abs(given[key][1] - shares).max() < 0.01, key


def test_a_drawing_is_scaled_and_centred_as_mnist_was(browser, real):
    browser.open(real)
    for stroke in FOUR:
        browser.stroke(stroke)
    assert "All say 4." in browser.js("document.getElementById('verdict').textContent")
    pixels = np.reshape(
        browser.js("""(() => {
          const canvas = document.getElementById("seen");
          const { data } = canvas.getContext("2d").getImageData(0, 0, 28, 28);
          return Array.from({ length: 784 }, (_, i) => data[4 * i + 3]);
        })()"""),
        (28, 28),
    )
    rows, columns = np.nonzero(pixels)
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
    centre = np.average(np.indices((28, 28)).reshape(2, -1), axis=1, weights=pixels.ravel())
    assert np.abs(centre - 14).max() <= 0.5


def test_the_page_is_whole_in_itself_and_fits_a_phone(browser, real):
    assert real.stat().st_size <= 7_500_000
    for dark in (False, True):
        browser.open(real, width=390, dark=dark)
        assert browser.js("document.documentElement.scrollWidth") == 390
        asked = [e for e in browser.events if e["method"] == "Network.requestWillBeSent"]
        assert {e["params"]["request"]["url"].split(":")[0] for e in asked} == {"file", "data"}
        faults = ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded")
        assert [e for e in browser.events if e["method"] in faults] == []


def test_every_control_works_by_keyboard_alone(browser, real):
    """Go through the page by Tab, press a key on the first control of each part, and read it."""
    browser.open(real)
    parts = {
        "clear": (ENTER, "Draw a digit in the white square"),
        "examples": (ENTER, "Now: test image [0-9]+, a 0"),
        "count": (RIGHT, "51 of [0-9]+ components explain"),
        "by": (DOWN, "[0-9]+ of [0-9]+ misread images, 1 to"),
        "gallery": (ENTER, "Test image [0-9]+ is labelled [0-9]"),
        "rate": (DOWN, "η = 3"),
    }
    reached, text = [], {}
    for _ in range(150):
        browser.press(*TAB)
        where = browser.js("document.activeElement.closest('[id]')?.id")
        reached.append(where)
        if where in parts and where not in text:
            browser.press(*parts[where][0])
            text[where] = browser.js("document.getElementById('main').innerText")
            assert re.search(parts[where][1], text[where]), where
    assert list(text) == list(parts)
    assert {"digit", "read-as", "later", "relu"} <= set(reached)
    pattern = r"(\d+) of (\d+) misread"
    before, after = (re.search(pattern, text[where]).groups() for where in ("count", "by"))
    assert before[0] == before[1] == after[1] != after[0]


def test_the_report_works_on_screens_and_phones(browser, tmp_path):
    markdown = (paths.REPORT / "report.md").read_text(encoding="utf-8")
    page = tmp_path / "report.html"
    page.write_text(to_html(markdown), encoding="utf-8")
    for width in (1280, 390):
        browser.open(page, width)
        assert not [e for e in browser.events if e.get("method") == "Runtime.exceptionThrown"]
        assert browser.js("document.documentElement.scrollWidth") <= width
    [total] = re.findall(r"<summary>The table of all (\d+) numbers", markdown)
    for verdict in ("all", "differs"):
        shown = browser.js(f"""(() => {{
            const select = document.querySelectorAll(".filter select")[1];
            select.value = "{verdict}";
            select.dispatchEvent(new Event("change", {{ bubbles: true }}));
            const rows = [...document.querySelectorAll("#table-numbers tbody tr")];
            return rows.filter((row) => !row.hidden).length;
        }})()""")
        differing = len(re.findall(r"^\| .* \| differs \|$", markdown, re.MULTILINE))
        assert shown == {"all": int(total), "differs": differing}[verdict] > 0
    # A link into a fold opens it.
    browser.js('location.hash = "table-numbers"')
    assert browser.js("""new Promise((done) => setTimeout(() =>
        done(document.getElementById("table-numbers").closest("details").open), 300))""")

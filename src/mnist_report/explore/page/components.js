// Part 3: the digit rebuilt from its first principal components.

import { rowOf } from "data";
import { product } from "models";
import { byId, chart, fixed, paint, percent } from "dom";

let packed, variance, pixels, scores;

export function start({ about, arrays }) {
  packed = arrays;
  variance = about.variance;
  const slider = byId("count");
  slider.max = variance.length;
  slider.value = Math.min(50, variance.length);
  slider.oninput = rebuild;
}

export function show(now) {
  // Before anything is drawn: the first example.
  pixels = now.pixels ?? rowOf(packed.examples, 0);
  const mean = packed["pca.mean"].values;
  scores = product(packed["pca.components"], pixels.map((pixel, i) => pixel - mean[i]));
  paint(byId("original"), pixels);
  rebuild();
}

function rebuild() {
  const count = Number(byId("count").value);
  const built = Float64Array.from(packed["pca.mean"].values);
  for (let c = 0; c < count; c++) {
    rowOf(packed["pca.components"], c).forEach((value, i) => (built[i] += scores[c] * value));
  }
  const error = Math.sqrt(built.reduce((sum, value, i) => sum + (value - pixels[i]) ** 2, 0) / built.length);
  paint(byId("rebuilt"), built);
  byId("count-now").textContent = count;
  byId("rebuilt-text").textContent =
    `${count} of ${variance.length} components explain ${percent(variance[count - 1])} of the variance of the training images. ` +
    `A pixel of this rebuilt digit is off by ${fixed(100 * error)} % of the way from white to black (root mean square).`;
  chart(byId("variance"), [{ mean: variance, style: "a" }], { from: 0, to: 1, ticks: [0, 0.5, 0.8, 0.9, 1], mark: count, xLabel: "number of components" });
}

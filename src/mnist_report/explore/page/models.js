// What the models say of an image. Formulas as in the report; arrays are flat, row after row.

import { rowOf } from "data";
import { upright } from "ink";

export const MODELS = {
  svm_final: { short: "SVM", name: "support vector machine" },
  scratch_nn: { short: "scratch", name: "network from scratch" },
  keras_dense: { short: "dense", name: "dense network" },
  cnn: { short: "CNN", name: "convolutional network" },
  best_scratch_nn: { short: "best scratch", name: "best network from scratch" },
  best_cnn: { short: "best CNN", name: "best convolutional network" },
};

const ACTIVATIONS = {
  relu: (z) => z.map((value) => Math.max(0, value)),
  sigmoid: (z) => z.map((value) => 1 / (1 + Math.exp(-value))),
  softmax(z) {
    const largest = Math.max(...z);
    const powers = z.map((value) => Math.exp(value - largest));
    const total = powers.reduce((sum, value) => sum + value);
    return powers.map((value) => value / total);
  },
};

const KERNELS = {
  linear: (dot) => dot,
  poly: (dot, model) => (model.gamma * dot + model.coef0) ** model.degree,
  sigmoid: (dot, model) => Math.tanh(model.gamma * dot + model.coef0),
  rbf: (dot, model, xx, vv) => Math.exp(-model.gamma * (xx + vv - 2 * dot)),
};

// Every model's answer: { answer, probabilities } with a probability for every digit from 0 to 9;
// a network adds `layers`, what each of its layers makes of the image.
export function ask(about, arrays, pixels) {
  return Object.fromEntries(
    Object.entries(about.models).map(([key, model]) => {
      const seen = model.upright ? upright(pixels) : pixels;
      const said = model.layers ? network(model, arrays, seen) : machine(key, model, arrays, seen);
      const probabilities = new Array(10).fill(0);
      model.classes.forEach((digit, place) => (probabilities[digit] = said.probabilities[place]));
      return [key, { ...said, answer: model.classes[said.place], probabilities }];
    }),
  );
}

export function largest(values) {
  return values.reduce((best, value, place) => (value > values[best] ? place : best), 0);
}

// The sums of every row of `weights` times `input`. Most pixels are 0, and those are left out.
export function product({ values, shape: [rows, width] }, input) {
  const used = Uint16Array.from([...input.keys()].filter((i) => input[i] !== 0));
  const kept = Float64Array.from(used, (i) => input[i]);
  const sums = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let i = 0; i < used.length; i++) sum += values[row * width + used[i]] * kept[i];
    sums[row] = sum;
  }
  return sums;
}

function dense(layer, arrays, input) {
  const bias = arrays[`${layer.name}.bias`].values;
  const z = product(arrays[`${layer.name}.weights`], input).map((sum, row) => sum + bias[row]);
  return ACTIVATIONS[layer.activation](z);
}

// Images lie as rows, columns, channels. A convolution is a dense layer on every little square.
function convolution(layer, arrays, { values, side, channels }) {
  const small = layer.side;
  const wide = side - small + 1;
  const filters = arrays[`${layer.name}.bias`].values.length;
  const result = new Float64Array(wide * wide * filters);
  const square = new Float64Array(small * small * channels);
  for (let y = 0; y < wide; y++) {
    for (let x = 0; x < wide; x++) {
      for (let line = 0; line < small; line++) {
        const start = ((y + line) * side + x) * channels;
        square.set(values.subarray(start, start + small * channels), line * small * channels);
      }
      result.set(dense(layer, arrays, square), (y * wide + x) * filters);
    }
  }
  return { values: result, side: wide, channels: filters };
}

// The largest of every 2 x 2 values; an odd last row or column is left out, as Keras does.
function pooling({ values, side, channels }) {
  const half = Math.floor(side / 2);
  const result = new Float64Array(half * half * channels);
  for (let y = 0; y < half; y++) {
    for (let x = 0; x < half; x++) {
      for (let c = 0; c < channels; c++) {
        const at = (down, right) => values[((2 * y + down) * side + 2 * x + right) * channels + c];
        result[(y * half + x) * channels + c] = Math.max(at(0, 0), at(0, 1), at(1, 0), at(1, 1));
      }
    }
  }
  return { values: result, side: half, channels };
}

function network(model, arrays, pixels) {
  let now = { values: Float64Array.from(pixels), side: Math.sqrt(pixels.length), channels: 1 };
  const layers = model.layers.map((layer) => {
    if (layer.kind === "convolution") now = convolution(layer, arrays, now);
    else if (layer.kind === "pooling") now = pooling(now);
    else now = { values: dense(layer, arrays, now.values) };
    return { ...layer, ...now };
  });
  return { layers, probabilities: now.values, place: largest(now.values) };
}

// Every pair of classes fights a duel; the class that wins most is the answer, as in scikit-learn.
// The probabilities come from the values of the duels, as in libsvm.
function machine(key, model, arrays, pixels) {
  const vectors = arrays[`${key}.vectors`];
  const squares = (vectors.squares ??= Float64Array.from({ length: vectors.shape[0] }, (_, row) =>
    rowOf(vectors, row).reduce((sum, v) => sum + v * v, 0),
  ));
  let seen = pixels;
  if (model.projected) {
    const mean = arrays[`${key}.mean`].values;
    seen = product(arrays[`${key}.components`], pixels.map((pixel, i) => pixel - mean[i]));
  }
  const square = seen.reduce((sum, x) => sum + x * x, 0);
  const kernel = product(vectors, seen).map((dot, row) => KERNELS[model.kernel](dot, model, square, squares[row]));

  const weights = arrays[`${key}.weights`].values;
  const first = model.counts.map((_, i) => model.counts.slice(0, i).reduce((sum, count) => sum + count, 0));
  // What the vectors of a class weigh in its duel with another one.
  const share = (own, other) => {
    const line = (other > own ? other - 1 : other) * vectors.shape[0];
    let sum = 0;
    for (let s = first[own]; s < first[own] + model.counts[own]; s++) sum += weights[line + s] * kernel[s];
    return sum;
  };
  const count = model.classes.length;
  const votes = new Array(count).fill(0);
  const wins = votes.map(() => new Array(count).fill(0));
  let pair = 0;
  for (let i = 0; i < count; i++) {
    for (let j = i + 1; j < count; j++) {
      const value = share(i, j) + share(j, i) + arrays[`${key}.bias`].values[pair];
      const [slope, intercept] = arrays[`${key}.sigmoids`].values.subarray(2 * pair, 2 * pair + 2);
      const chance = 1 / (1 + Math.exp(-slope * value - intercept));
      wins[i][j] = Math.min(Math.max(chance, 1e-7), 1 - 1e-7);
      wins[j][i] = 1 - wins[i][j];
      votes[value > 0 ? i : j] += 1;
      pair += 1;
    }
  }
  return { probabilities: coupled(wins), place: largest(votes), votes };
}

// Wu, Lin and Weng 2004, second method: the p with sum 1 that make the sum of all
// (wins[j][i] p[i] - wins[i][j] p[j])² least. That is a system of linear equations.
function coupled(wins) {
  const count = wins.length;
  const lines = wins.map((_, i) => [
    ...wins.map((_, j) => (i === j ? wins.reduce((sum, row) => sum + row[i] ** 2, 0) : -wins[j][i] * wins[i][j])),
    1,
    0,
  ]);
  lines.push([...new Array(count).fill(1), 0, 1]);
  // Gauss and Jordan, each time with the largest number of the column.
  for (let column = 0; column <= count; column++) {
    const below = lines.slice(column).map((line) => Math.abs(line[column]));
    const best = column + largest(below);
    [lines[column], lines[best]] = [lines[best], lines[column]];
    for (let i = 0; i <= count; i++) {
      const factor = i === column ? 0 : lines[i][column] / lines[column][column];
      if (factor) lines[i] = lines[i].map((value, k) => value - factor * lines[column][k]);
    }
  }
  return lines.slice(0, count).map((line, i) => line[count + 1] / line[i]);
}

// Part 2: what the layers of the convolutional network see, and what the hidden units of the network
// from scratch add to its answer.

import { rowOf } from "data";
import { byId, fixed, image, make } from "dom";

let packed, classes;

export function start({ about, arrays }) {
  packed = arrays;
  classes = about.models.scratch_nn.classes;
}

export function show({ pixels, answers }) {
  byId("maps").replaceChildren(...(answers ? answers.cnn.layers.filter(({ side }) => side).map(layer) : []));
  byId("units").replaceChildren(...(answers ? units(pixels, answers.scratch_nn.layers) : []));
}

// One picture for each channel, all of a layer on one scale.
function layer({ kind, name, values, side, channels }) {
  const most = values.reduce((a, b) => Math.max(a, b), 0);
  const pictures = Array.from({ length: channels }, (_, c) => image(values.filter((_, i) => i % channels === c), { most }));
  const caption = `${kind} ${name.match(/\d+$/)}: ${channels} maps of ${side} × ${side}`;
  const row = make("div", { className: "row", role: "img", ariaLabel: caption }, ...pictures);
  return make("figure", {}, row, make("figcaption", { textContent: caption }));
}

// log(p / q) of the two likeliest digits is a sum over the units of the last hidden layer: what a unit
// passes on, times the difference of its weights to the two digits.
function units(pixels, layers) {
  const output = layers.at(-1);
  const hidden = layers.at(-2);
  const [first, second] = [...output.values.keys()].sort((a, b) => output.values[b] - output.values[a]);
  const [own, other] = [first, second].map((row) => rowOf(packed[`${output.name}.weights`], row));
  const adds = hidden.values.map((value, unit) => value * (own[unit] - other[unit]));
  const bias = packed[`${output.name}.bias`].values;
  const lead = bias[first] - bias[second];
  const above = adds.reduce((sum, value) => sum + Math.max(0, value), 0);
  const under = adds.reduce((sum, value) => sum + Math.min(0, value), 0);
  const [yes, no] = [classes[first], classes[second]];
  const text =
    `The network says ${yes}; next comes ${no}. How many times likelier ${yes} is than ${no}, as a logarithm: ${fixed(above + under + lead)}. ` +
    `Units that speak for ${yes} add ${fixed(above)}, units that speak for ${no} take away ${fixed(-under)}, and the bias adds ${fixed(lead)}.`;

  const order = [...adds.keys()].sort((a, b) => adds[b] - adds[a]);
  const most = Math.max(above / 10, ...adds.map(Math.abs));
  const bars = order.map((unit) => {
    const bar = make("span", { className: adds[unit] > 0 ? "for" : "against", title: `unit ${unit}: ${fixed(adds[unit], 2)}` });
    bar.style.height = `${(50 * Math.abs(adds[unit])) / most}%`;
    return bar;
  });
  const told = `Bars for all ${order.length} units, from the one that speaks most for ${yes} to the one that speaks most for ${no}.`;
  const shown = [make("p", { textContent: text }), make("div", { className: "bars", role: "img", ariaLabel: told }, ...bars)];
  if (layers.length > 2) return shown;
  const strongest = [...order.slice(0, 4), ...order.slice(-4)].map((unit) => {
    const seen = rowOf(packed[`${hidden.name}.weights`], unit).map((weight, i) => weight * pixels[i]);
    const caption = `unit ${unit}: ${adds[unit] > 0 ? "+" : ""}${fixed(adds[unit])}`;
    const strength = seen.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    return make("figure", {}, image(seen, { most: strength, signed: true }), make("figcaption", { textContent: caption }));
  });
  return [...shown, make("div", { className: "row units" }, ...strongest)];
}

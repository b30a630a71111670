// Part 5: what the starting weights of the network from scratch cost.

import { byId, chart, make } from "dom";

const PRINTED = "scaling.scaled";
const VARIANTS = {
  base: "as in the paper: weights from N(0, 1), rows always in the same order",
  fan_in: "weights scaled by the number of inputs",
  shuffled: "rows in a new order in every epoch",
  all_right: "scaled weights and a new order",
};

const oneDigit = (share) => `${(100 * share).toFixed(1)} %`;

let about;

export function start(given) {
  about = given.about;
  const rates = Object.keys(about.curves).map((name) => name.match(/^convergence\.sigmoid\.eta_(.+)$/)?.[1]);
  const known = rates.filter(Boolean).sort((a, b) => a - b);
  byId("rate").append(...known.map((rate) => make("option", { value: rate, textContent: rate, selected: rate === "1" })));
  byId("rate").onchange = draw;
  byId("relu").onchange = draw;
  draw();

  const mean = (values) => values.reduce((sum, value) => sum + value) / values.length;
  byId("after").append(
    ...Object.entries(VARIANTS).map(([key, name]) => {
      const values = about.slips[key];
      const numbers = [mean(values), Math.min(...values), Math.max(...values)].map(oneDigit);
      return make("tr", {}, make("th", { scope: "row", textContent: name }), ...numbers.map((textContent) => make("td", { textContent })));
    }),
  );
}

function draw() {
  const rate = byId("rate").value;
  const { curves } = about;
  const lines = [
    { ...curves[PRINTED], style: "a", label: "weights from N(0, 1), rows in the same order, η = 1, as in the paper" },
    { ...curves[`convergence.sigmoid.eta_${rate}`], style: "b", label: `scaled weights, rows in a new order, η = ${rate}` },
  ];
  if (byId("relu").checked) {
    lines.push({ ...curves[`convergence.relu.eta_${rate}`], style: "c", label: `the same with ReLU, η = ${rate}` });
  }
  const lowest = Math.min(...lines.flatMap(({ low }) => low));
  const ticks = lowest > 0.8 ? [0.8, 0.85, 0.9, 0.95, 1] : [0, 0.2, 0.4, 0.6, 0.8, 1];
  chart(byId("epochs"), lines, { from: ticks[0], to: 1, ticks, xLabel: "epoch" });
  byId("legend").replaceChildren(
    ...lines.map(({ mean, style, label }) => {
      const text = `${label}: ${oneDigit(mean[0])} after the first epoch, ${oneDigit(mean.at(-1))} after the last.`;
      return make("li", { className: style, textContent: text });
    }),
  );
}

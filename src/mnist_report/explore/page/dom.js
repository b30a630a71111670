// Small things that every part of the page needs.

import { MODELS } from "models";

export const byId = (id) => document.getElementById(id);

export function make(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

export const percent = (share) => (share > 0.995 && share < 0.9995 ? `${(100 * share).toFixed(1)} %` : `${Math.round(100 * share)} %`);

export const fixed = (value, digits = 1) => value.toFixed(digits).replace("-", "−");

// Paints a square picture in ink on the white of its card. Values go from 0 to `most`; with `signed`
// from -most to most, blue above 0 and orange below.
export function paint(canvas, values, { most = 1, signed = false } = {}) {
  const side = Math.sqrt(values.length);
  [canvas.width, canvas.height] = [side, side];
  const picture = new ImageData(side, side);
  values.forEach((value, i) => {
    const colour = !signed ? [0, 0, 0] : value > 0 ? [0, 90, 200] : [200, 80, 0];
    const share = most > 0 ? Math.min(1, (signed ? Math.abs(value) : Math.max(0, value)) / most) : 0;
    picture.data.set([...colour, 255 * share], 4 * i);
  });
  canvas.getContext("2d").putImageData(picture, 0, 0);
  return canvas;
}

export function image(values, options) {
  return paint(make("canvas", { className: "pixels" }), values, options);
}

// A table of all probabilities, a column for each model; returns a function that fills it.
export function answersTable(table) {
  const keys = Object.keys(MODELS);
  const head = keys.map((key) => make("th", { scope: "col", textContent: MODELS[key].short, title: MODELS[key].name }));
  const said = keys.map(() => make("td"));
  const cells = [];
  table.append(
    make("thead", {}, make("tr", {}, make("th", { scope: "col", textContent: "digit" }), ...head)),
    make("tbody", {}, make("tr", { className: "said" }, make("th", { scope: "row", textContent: "answer" }), ...said)),
  );
  for (let digit = 0; digit < 10; digit++) {
    cells.push(keys.map(() => make("td")));
    table.tBodies[0].append(make("tr", {}, make("th", { scope: "row", textContent: digit }), ...cells[digit]));
  }
  return (answers) => {
    keys.forEach((key, column) => {
      said[column].textContent = answers ? answers[key].answer : "–";
      cells.forEach((row, digit) => {
        const share = answers ? answers[key].probabilities[digit] : 0;
        row[column].textContent = answers ? percent(share) : "–";
        row[column].style.setProperty("--share", `${100 * share}%`);
        row[column].classList.toggle("top", Boolean(answers) && answers[key].answer === digit);
      });
    });
  };
}

// Says in a sentence or two who answers what.
export function inWords(answers) {
  const by = {};
  for (const [key, { answer }] of Object.entries(answers)) (by[answer] ??= []).push(MODELS[key].short);
  const digits = Object.keys(by);
  let text = digits.length === 1 ? `All say ${digits[0]}.` : "They disagree: ";
  if (digits.length > 1) text += `${digits.map((digit) => `${by[digit].join(" and ")} ${by[digit].length > 1 ? "say" : "says"} ${digit}`).join("; ")}.`;
  const { answer, probabilities } = answers.svm_final;
  const likely = probabilities.indexOf(Math.max(...probabilities));
  if (likely !== answer) text += ` The SVM answers by votes: ${answer} wins most duels. Its probabilities favour ${likely}.`;
  return text;
}

// A line chart as SVG. Lines: { mean, low, high, style }, drawn against 1, 2, 3 ...
export function chart(node, lines, { from, to, ticks, mark, xLabel }) {
  const [width, height, left, bottom] = [600, 260, 60, 40];
  const count = Math.max(...lines.map(({ mean }) => mean.length));
  const x = (i) => left + ((width - left - 18) * i) / Math.max(1, count - 1);
  const y = (value) => 8 + ((height - bottom - 8) * (to - Math.max(value, from))) / (to - from);
  const path = (values) => values.map((value, i) => `${x(i).toFixed(1)},${y(value).toFixed(1)}`);
  const grid = ticks.map((t) => `<path d="M${left} ${y(t)}H${width - 18}" class="grid"/><text x="${left - 6}" y="${y(t) + 5}" text-anchor="end">${percent(t)}</text>`);
  const places = [...new Set([0, 0.25, 0.5, 0.75, 1].map((share) => Math.round(share * (count - 1))))];
  const below = places.map((i) => `<text x="${x(i)}" y="${height - 18}" text-anchor="middle">${i + 1}</text>`);
  const drawn = lines.map(({ mean, low, high, style }) => {
    const band = low ? `<polygon class="band ${style}" points="${[...path(high), ...path(low).reverse()].join(" ")}"/>` : "";
    return `${band}<polyline class="line ${style}" points="${path(mean).join(" ")}"/>`;
  });
  const here = mark ? `<path class="mark" d="M${x(mark - 1)} 8V${height - bottom}"/>` : "";
  node.setAttribute("viewBox", `0 0 ${width} ${height}`);
  node.innerHTML = `${grid.join("")}${below.join("")}${drawn.join("")}${here}<text x="${(width + left) / 2}" y="${height - 2}" text-anchor="middle">${xLabel}</text>`;
}

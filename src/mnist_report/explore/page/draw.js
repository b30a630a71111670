// Part 1: the drawing, the examples, and what the models answer.

import { rowOf } from "data";
import { centred } from "ink";
import { answersTable, byId, image, inWords, make, paint } from "dom";

const SIDE = 280;
let pen, fill, waiting;

export function start({ about, arrays, look }) {
  fill = answersTable(byId("answers"));
  const canvas = byId("paper");
  pen = canvas.getContext("2d", { willReadFrequently: true });
  Object.assign(pen, { lineWidth: 22, lineCap: "round", lineJoin: "round" });

  const read = () => {
    waiting = null;
    const colours = pen.getImageData(0, 0, SIDE, SIDE).data;
    const ink = Uint8Array.from({ length: SIDE * SIDE }, (_, i) => colours[4 * i + 3]);
    look(centred(ink, SIDE), "your drawing");
  };
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) * SIDE) / box.width, ((event.clientY - box.top) * SIDE) / box.height];
  };
  const line = (event) => {
    pen.lineTo(...place(event));
    pen.stroke();
    waiting ??= requestAnimationFrame(read);
  };
  canvas.onpointerdown = (event) => {
    canvas.setPointerCapture(event.pointerId);
    if (canvas.dataset.example) clear();
    pen.beginPath();
    pen.moveTo(...place(event));
    line(event);
  };
  canvas.onpointermove = (event) => {
    if (event.buttons) line(event);
  };

  byId("clear").onclick = () => {
    clear();
    look(null, "nothing yet");
  };
  about.examples.images.forEach((number, i) => {
    const pixels = rowOf(arrays.examples, i);
    const label = about.examples.labels[i];
    const button = make("button", { type: "button", className: "image", ariaLabel: `Example: a ${label}` }, image(pixels));
    button.onclick = () => look(pixels, `test image ${number}, a ${label}`, number);
    byId("examples").append(button);
  });
}

function clear() {
  pen.clearRect(0, 0, SIDE, SIDE);
  delete byId("paper").dataset.example;
}

export function show({ pixels, name, image: number, answers }) {
  if (number !== null) {
    // An example takes the place of the drawing, until somebody draws again.
    clear();
    pen.imageSmoothingEnabled = false;
    pen.drawImage(image(pixels), 0, 0, SIDE, SIDE);
    byId("paper").dataset.example = number;
  }
  paint(byId("seen"), pixels ?? new Float32Array(784));
  byId("now").textContent = `Now: ${name}.`;
  byId("verdict").textContent = answers ? inWords(answers) : "Draw a digit in the white square, or take an example.";
  fill(answers);
}

// Part 4: the test images that at least one model misreads.

import { rowOf } from "data";
import { MODELS } from "models";
import { answersTable, byId, image, inWords, make, paint } from "dom";

const AT_A_TIME = 60;
let misread, arrays, look, fill;
let page = 0;

export function start(given) {
  ({ arrays, look } = given);
  misread = given.about.misread;
  fill = answersTable(byId("misread-answers"));
  const digits = Array.from({ length: 10 }, (_, digit) => [digit, digit]);
  options("digit", [["", "any digit"], ...digits]);
  options("read-as", [["", "any answer"], ...digits]);
  options("by", [["", "any model"], ...Object.entries(MODELS).map(([key, { name }]) => [key, name]), ["all", "all of them"]]);
  for (const [id, step] of [["earlier", -1], ["later", 1]]) {
    byId(id).onclick = () => {
      page += step;
      list();
    };
  }
  list();
}

function options(id, choices) {
  byId(id).append(...choices.map(([value, textContent]) => make("option", { value, textContent })));
  byId(id).onchange = () => {
    page = 0;
    list();
  };
}

// Whether a model, or all of them, misread image i as the filters say.
function fits(i) {
  const [digit, answer, by] = ["digit", "read-as", "by"].map((id) => byId(id).value);
  const label = misread.labels[i];
  if (digit && Number(digit) !== label) return false;
  const wrong = (key) => {
    const said = misread.answers[key][i];
    return said !== label && (!answer || said === Number(answer));
  };
  if (by === "all") return Object.keys(MODELS).every(wrong);
  return by ? wrong(by) : Object.keys(MODELS).some(wrong);
}

function list() {
  const found = misread.images.map((_, i) => i).filter(fits);
  const shown = found.slice(page * AT_A_TIME, (page + 1) * AT_A_TIME);
  const range = shown.length ? `, ${page * AT_A_TIME + 1} to ${page * AT_A_TIME + shown.length} shown` : "";
  byId("found").textContent = `${found.length} of ${misread.images.length} misread images${range}.`;
  byId("earlier").disabled = page === 0;
  byId("later").disabled = (page + 1) * AT_A_TIME >= found.length;
  byId("gallery").replaceChildren(
    ...shown.map((i) => {
      const label = misread.labels[i];
      const wrong = [...new Set(Object.values(misread.answers).map((said) => said[i]))].filter((said) => said !== label);
      const number = misread.images[i];
      const pixels = rowOf(arrays.misread, i);
      const ariaLabel = `Test image ${number}: a ${label}, read as ${wrong.join(" and ")}`;
      const button = make("button", { type: "button", className: "image", ariaLabel, title: ariaLabel }, image(pixels));
      button.onclick = () => {
        look(pixels, `test image ${number}, a ${label}`, number);
        byId("picked").scrollIntoView({ block: "nearest" });
      };
      return button;
    }),
  );
}

export function show({ pixels, image: number, answers }) {
  const known = number !== null && misread.images.includes(number);
  byId("picked").hidden = !known;
  if (!known) return;
  const label = misread.labels[misread.images.indexOf(number)];
  paint(byId("picked-image"), pixels);
  byId("picked-text").textContent = `Test image ${number} is labelled ${label}. ${inWords(answers)}`;
  fill(answers);
}

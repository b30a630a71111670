// One digit at a time is looked at: drawn, an example, or an image that somebody misreads. Every part
// of the page shows it.

import { load, rowOf } from "data";
import { ask } from "models";
import { byId } from "dom";
import * as draw from "draw";
import * as inside from "inside";
import * as components from "components";
import * as misread from "misread";
import * as slips from "slips";

const { about, arrays } = await load().catch((error) => {
  byId("loading").textContent = `The models cannot be unpacked (${error.message}): open this page in a browser of 2023 or later, or get the file anew.`;
  throw error;
});
const parts = [draw, inside, components, misread];

// Without `pixels` there is nothing to look at; `name` says what it is; `image` numbers test images.
function look(pixels, name, image = null) {
  const start = performance.now();
  const answers = pixels && ask(about, arrays, pixels);
  for (const part of parts) part.show({ pixels, name, image, answers });
  performance.measure("look", { start });
}

for (const part of [...parts, slips]) part.start({ about, arrays, look });
// The first look takes longest, so it is taken before anybody waits for it.
look(rowOf(arrays.examples, 0), "an example");
look(null, "nothing yet");
byId("loading").remove();
byId("main").hidden = false;

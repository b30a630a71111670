// A drawing as MNIST has its digits: scaled to fit 20 x 20 pixels, grey where an edge falls inside a
// pixel, and moved so that its centre of mass is pixel (14, 14) of 28 x 28, both counted from 0.

const SIDE = 28;
const BOX = 20;
const CENTRE = 14;

// `ink` has a number from 0 to 255 for every point of a square drawing. Returns 784 numbers from 0
// to 1, or null if nothing is drawn.
export function centred(ink, side) {
  const columns = [];
  const rows = [];
  ink.forEach((value, i) => {
    if (value) {
      columns.push(i % side);
      rows.push(Math.floor(i / side));
    }
  });
  if (!rows.length) return null;
  const least = (values) => values.reduce((a, b) => Math.min(a, b));
  const most = (values) => values.reduce((a, b) => Math.max(a, b));
  const [left, top] = [least(columns), least(rows)];
  const [width, height] = [most(columns) - left + 1, most(rows) - top + 1];
  // How many points of the drawing make one pixel.
  const step = Math.max(width, height) / BOX;

  const small = new Float64Array(BOX * BOX);
  for (let y = 0; y < height; y++) {
    for (const [row, high] of parts(y, step)) {
      for (let x = 0; x < width; x++) {
        const value = ink[(top + y) * side + left + x];
        if (!value) continue;
        for (const [column, wide] of parts(x, step)) {
          small[row * BOX + column] += (value / 255) * high * wide;
        }
      }
    }
  }

  let [mass, x, y] = [0, 0, 0];
  small.forEach((value, i) => {
    mass += value;
    x += value * (i % BOX);
    y += value * Math.floor(i / BOX);
  });
  const [right, down] = [Math.round(CENTRE - x / mass), Math.round(CENTRE - y / mass)];
  const pixels = new Float32Array(SIDE * SIDE);
  small.forEach((value, i) => {
    const [column, row] = [(i % BOX) + right, Math.floor(i / BOX) + down];
    if (column >= 0 && column < SIDE && row >= 0 && row < SIDE) pixels[row * SIDE + column] = Math.min(value, 1);
  });
  return pixels;
}

// A digit sheared so that its columns do not lean, with its centre of mass in the middle: the
// report's deskewing (data/distortions.py).
export function upright(pixels) {
  const row = (i) => Math.floor(i / SIDE);
  const mean = (value) => pixels.reduce((sum, ink, i) => sum + ink * value(i), 0) / mass;
  const mass = pixels.reduce((sum, ink) => sum + ink, 0);
  if (!mass) return pixels;
  const [x, y] = [mean((i) => i % SIDE), mean(row)];
  const variance = mean((i) => (row(i) - y) ** 2);
  const slant = variance > 0 ? mean((i) => (row(i) - y) * ((i % SIDE) - x)) / variance : 0;
  const middle = (SIDE - 1) / 2;
  return Float32Array.from(pixels, (_, i) => {
    const down = row(i) - middle;
    return between(pixels, y + down, x + (i % SIDE) - middle + slant * down);
  });
}

// The ink at a place between pixels: a weighted mean of the four around it, and 0 outside.
function between(pixels, y, x) {
  if (Math.min(x, y) < 0 || Math.max(x, y) > SIDE - 1) return 0;
  const [top, left] = [Math.floor(y), Math.floor(x)];
  const at = (down, right) => pixels[Math.min(top + down, SIDE - 1) * SIDE + Math.min(left + right, SIDE - 1)];
  const line = (down) => at(down, 0) + (x - left) * (at(down, 1) - at(down, 0));
  return line(0) + (y - top) * (line(1) - line(0));
}

// The pixels that the point from `at` to `at + 1` falls into, and the share of each that it fills.
function parts(at, step) {
  const found = [];
  for (let pixel = Math.floor(at / step); pixel < Math.min((at + 1) / step, BOX); pixel++) {
    const share = Math.min((at + 1) / step, pixel + 1) - Math.max(at / step, pixel);
    found.push([pixel, share]);
  }
  return found;
}

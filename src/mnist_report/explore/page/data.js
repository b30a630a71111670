// What the stage packed, as numbers again.

const TYPES = { int8: Int8Array, int16: Int16Array, uint8: Uint8Array, float32: Float32Array };

// Returns what the page is told, and the arrays by name: { values, shape }.
export async function load() {
  const about = JSON.parse(document.getElementById("about").textContent);
  const text = document.getElementById("arrays").textContent.trim();
  const packed = await fetch(`data:application/octet-stream;base64,${text}`);
  const unpacked = packed.body.pipeThrough(new DecompressionStream("gzip"));
  const blob = new Uint8Array(await new Response(unpacked).arrayBuffer());

  const arrays = {};
  let start = 0;
  for (const [name, type, shape] of about.arrays) {
    const count = shape.reduce((product, length) => product * length, 1);
    const width = TYPES[type].BYTES_PER_ELEMENT;
    const bytes = new Uint8Array(count * width);
    // All first bytes come first, then all second ones.
    for (let byte = 0; byte < width; byte++) {
      for (let i = 0; i < count; i++) bytes[i * width + byte] = blob[start++];
    }
    arrays[name] = { values: new TYPES[type](bytes.buffer), shape };
  }
  for (const [name, { values, shape }] of Object.entries(arrays)) {
    const scale = arrays[`${name}.scale`];
    if (!scale) continue;
    arrays[name].values = Float32Array.from(values, (value, i) => value * scale.values[Math.floor(i / shape[1])]);
  }
  return { about, arrays };
}

// Row number `row` of an array with two dimensions.
export function rowOf({ values, shape }, row) {
  return values.subarray(row * shape[1], (row + 1) * shape[1]);
}

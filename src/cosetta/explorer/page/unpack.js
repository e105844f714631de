/**
 * The sidecar as a page finds it: base64 of a gzip file of a header and arrays (explorer/packing.py).
 */

const KINDS = { u1: Uint8Array, u2: Uint16Array, u4: Uint32Array, i1: Int8Array, f4: Float32Array };

/**
 * Unpack one sidecar.
 * @param {string} base64 the packed bytes as text
 * @returns {Promise<{header: object, arrays: Object<string, {values: ArrayLike<number>, shape: number[]}>}>}
 */
export async function unpack(base64) {
  const packed = new Blob([bytesOf(base64)]).stream().pipeThrough(new DecompressionStream("gzip"));
  const buffer = await new Response(packed).arrayBuffer();
  const start = 4 + new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, start - 4)));
  const arrays = {};
  for (const [name, { kind, shape, at }] of Object.entries(header.arrays)) {
    const size = shape.reduce((product, length) => product * length, 1);
    const values =
      kind === "f2" ? halves(new Uint16Array(buffer, start + at, size)) : new KINDS[kind](buffer, start + at, size);
    arrays[name] = { values, shape };
  }
  return { header, arrays };
}

function bytesOf(base64) {
  const text = atob(base64.trim());
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** Numbers of 16 bits as numbers of 32; not every browser has Float16Array. */
export function halves(bits) {
  const values = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) {
    const exponent = (bits[i] >> 10) & 31;
    const fraction = bits[i] & 1023;
    const size = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
    values[i] = bits[i] & 0x8000 ? -size : size;
  }
  return values;
}

/**
 * How numbers are printed: as in report/notation.py, so that the page and the report say the same.
 */

const SUPERSCRIPT = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };
const SPACE = "\u00a0";
const MISSING = "–";

/** A proportion in per cent; only exact 0 and 1 print as 0 % and 100 %. */
export function percent(share, digits = 2) {
  if (share === null || share === undefined || Number.isNaN(share)) return MISSING;
  if (Math.abs(share - 1) < 1e-12) share = 1;
  if (Math.abs(share) < 1e-12) share = 0;
  if (share === 0 || share === 1) return `${100 * share}${SPACE}%`;
  const step = 10 ** -digits;
  if (share > 0 && 100 * share < step / 2) return `<${SPACE}${step.toFixed(digits)}${SPACE}%`;
  const shown = share < 1 && 100 * share > 100 - step / 2 ? 100 - step : 100 * share;
  return `${shown.toFixed(digits)}${SPACE}%`.replace("-", "−");
}

/** A number in `digits` + 1 significant figures, with a power of ten outside 0.001 to 10,000. */
export function number(value, digits = 2) {
  if (value === null || value === undefined || Number.isNaN(value)) return MISSING;
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(Number(value.toExponential(digits)));
  if (size >= 1e-3 && size < 1e4) {
    const places = Math.max(0, digits - Math.floor(Math.log10(size)));
    return value.toFixed(places).replace("-", "−");
  }
  const [mantissa, exponent] = value.toExponential(digits).split("e");
  const power = [...String(Number(exponent))].map((character) => SUPERSCRIPT[character]).join("");
  return `${mantissa}${SPACE}×${SPACE}10${power}`.replace("-", "−");
}

/** A whole number with thousands separated. */
export function count(value) {
  return value === null || value === undefined ? MISSING : value.toLocaleString("en-US");
}

/** A count with its noun. */
export function plural(value, noun) {
  return `${count(value)}${SPACE}${noun}${value === 1 ? "" : "s"}`;
}

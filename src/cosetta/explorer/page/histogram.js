/**
 * A histogram whose bars are stacked by coset.
 */
import { ink } from "./colours.js";
import { svg } from "./dom.js";
import { number } from "./format.js";

const BINS = 44;

/**
 * Draw one.
 * @param {ArrayLike<number>} values
 * @param {{of: ArrayLike<number>, colours: string[]}|null} colouring number of each value's part, and the parts' colours
 * @param {string} label what is counted
 */
export function histogram(values, colouring, label) {
  const [width, height, base] = [300, 150, 122];
  const low = Math.min(...values);
  const high = Math.max(...values);
  const span = high - low || 1;
  const parts = colouring ? colouring.colours.length : 1;
  const counts = Array.from({ length: BINS }, () => new Uint16Array(parts));
  for (let i = 0; i < values.length; i++) {
    const bin = Math.min(BINS - 1, Math.floor(((values[i] - low) / span) * BINS));
    counts[bin][colouring ? colouring.of[i] : 0]++;
  }
  const most = Math.max(...counts.map((bin) => bin.reduce((sum, x) => sum + x, 0)));
  const step = (width - 8) / BINS;
  const bars = counts.flatMap((bin, k) => {
    let y = base;
    return Array.from(bin, (n, part) => {
      if (!n) return null;
      const tall = ((base - 8) * n) / most;
      y -= tall;
      return svg("rect", { x: 4 + k * step, y, width: step - 0.8, height: tall, fill: colouring ? colouring.colours[part] : ink("quiet") });
    });
  }).filter(Boolean);
  const zero = low < 0 && high > 0 ? 4 + ((0 - low) / span) * (width - 8) : null;
  return svg(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${label}: from ${number(low)} to ${number(high)}` },
    bars,
    svg("line", { x1: 0, x2: width, y1: base, y2: base, stroke: ink("quiet") }),
    zero === null ? null : svg("line", { x1: zero, x2: zero, y1: 4, y2: base + 4, stroke: ink("soft"), "stroke-dasharray": "2 3" }),
    zero === null || zero < 40 || zero > width - 40 ? null : svg("text", { x: zero, y: base + 16, "text-anchor": "middle", "font-size": 11, fill: ink("soft") }, "0"),
    svg("text", { x: 2, y: base + 16, "font-size": 11, fill: ink("soft") }, number(low, 1)),
    svg("text", { x: width - 2, y: base + 16, "text-anchor": "end", "font-size": 11, fill: ink("soft") }, number(high, 1)),
    svg("text", { x: 2, y: 10, "font-size": 10, fill: ink("soft") }, `${most}`),
  );
}

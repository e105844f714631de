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
  const [width, height, base, top] = [240, 150, 124, 20];
  const { bins, most, low, high } = counted(values, colouring);
  const [quiet, soft] = [ink("quiet"), ink("soft")];
  const step = (width - 8) / BINS;
  const shapes = new Map();
  stacked(bins, most, base, base - top, (k, part, y, tall) => {
    const bar = `M${(4 + k * step).toFixed(2)} ${y.toFixed(2)}h${(step - 0.7).toFixed(2)}v${tall.toFixed(2)}h${(0.7 - step).toFixed(2)}z`;
    shapes.set(part, (shapes.get(part) ?? "") + bar);
  });
  const bars = Array.from(shapes, ([part, d]) => svg("path", { d, fill: colouring ? colouring.colours[part] : quiet }));
  const zero = low < 0 && high > 0 ? 4 + (-low / (high - low)) * (width - 8) : null;
  const text = (x, y, content, anchor = "start") =>
    svg("text", { x, y, "text-anchor": anchor, "font-size": 12.5, fill: soft }, content);
  return svg(
    "svg",
    {
      viewBox: `0 0 ${width} ${height}`,
      role: "img",
      "aria-label": `${label}: from ${number(low)} to ${number(high)}`,
    },
    bars,
    svg("line", { x1: 0, x2: width, y1: base, y2: base, stroke: quiet }),
    zero === null
      ? null
      : svg("line", { x1: zero, x2: zero, y1: top - 2, y2: base + 4, stroke: soft, "stroke-dasharray": "2 3" }),
    zero === null || zero < 40 || zero > width - 40 ? null : text(zero, base + 16, "0", "middle"),
    text(2, base + 16, number(low, 1)),
    text(width - 2, base + 16, number(high, 1), "end"),
    text(2, 11, `${most} elements at the top`),
  );
}

/** The same, small and without numbers, on a canvas that is kept: for pictures that change while something is dragged. */
export function smallHistogram(canvas, values, colouring) {
  const pen = canvas.getContext("2d");
  const { width, height } = canvas;
  const base = height - 2;
  const { bins, most } = counted(values, colouring);
  const quiet = ink("quiet");
  const step = width / BINS;
  pen.clearRect(0, 0, width, height);
  stacked(bins, most, base, base - 2, (k, part, y, tall) => {
    pen.fillStyle = colouring ? colouring.colours[part] : quiet;
    pen.fillRect(k * step, y, step - 1, tall);
  });
  pen.fillStyle = quiet;
  pen.fillRect(0, base, width, 1.5);
}

/** Values counted in bins, each bin by part. */
function counted(values, colouring) {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    low = Math.min(low, values[i]);
    high = Math.max(high, values[i]);
  }
  const parts = colouring ? colouring.colours.length : 1;
  const bins = Array.from({ length: BINS }, () => new Uint16Array(parts));
  const scale = BINS / (high - low || 1);
  for (let i = 0; i < values.length; i++)
    bins[Math.min(BINS - 1, Math.floor((values[i] - low) * scale))][colouring ? colouring.of[i] : 0]++;
  const most = Math.max(...bins.map((bin) => bin.reduce((sum, x) => sum + x, 0)));
  return { bins, most, low, high };
}

/** Call `draw` for each bar, those of one bin on top of each other. */
function stacked(bins, most, base, room, draw) {
  bins.forEach((bin, k) => {
    let y = base;
    bin.forEach((n, part) => {
      if (!n) return;
      const tall = (room * n) / most;
      y -= tall;
      draw(k, part, y, tall);
    });
  });
}

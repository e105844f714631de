/**
 * The |G| x |G| map of a neuron: pre- or post-activation of every pair, rows and columns in blocks of cosets.
 */
import { ink, ramp } from "./colours.js";
import { el, fill, svg } from "./dom.js";
import { figure } from "./figure.js";
import { number } from "./format.js";
import { inFrames } from "./frames.js";

const LEVELS = 2048;

/** The canvas of the one map on the page, and its pixels: made once for each size, moved from neuron to neuron. */
let easel = null;

/**
 * Draw the map of neuron `n`.
 * @param {{parts: object|null, isOwn: boolean, what: "pre"|"post"}} options `parts` orders rows and columns
 */
export function pairMap({ network, n, what, parts, ground, isOwn, name }) {
  const { order } = ground;
  const rows = ordered(parts?.left, order);
  const columns = ordered(parts?.right, order);
  if (easel?.canvas.width !== order) easel = newEasel(order);
  const { canvas } = easel;
  canvas.setAttribute("aria-label", `${what}-activation of all pairs`);
  const range = rangeOf(network, n, what);
  const most = range.most;
  const tip = el("p", { class: "map-tip" }, "Point at a pair.");
  const overlay = svg("svg", { viewBox: `0 0 ${order} ${order}`, "aria-hidden": "true" });
  if (parts && parts.count <= 60) {
    const size = order / parts.count;
    for (let i = 0; i < parts.count; i++)
      overlay.append(
        svg("rect", {
          x: i * size,
          y: i * size,
          width: size,
          height: size,
          fill: "none",
          stroke: ink(isOwn ? "ink" : "quiet"),
          "stroke-width": isOwn ? 1.6 : 1,
          "stroke-dasharray": isOwn ? null : "3 3",
          "vector-effect": "non-scaling-stroke",
        }),
      );
  }
  const frame = el("div", { class: "map" }, canvas, overlay);
  inFrames(frame, painted(easel, network, range, rows, columns));
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    const place = (offset, length) => Math.max(0, Math.min(order - 1, Math.floor((offset / length) * order)));
    return [rows[place(event.clientY - box.top, box.height)], columns[place(event.clientX - box.left, box.width)]];
  };
  frame.addEventListener("pointermove", (event) => {
    const [a, b] = at(event);
    const pre = network.pre(n, a, b);
    fill(
      tip,
      `${ground.labels[a]} · ${ground.labels[b]} = ${ground.labels[ground.product(a, b)]}: pre ${number(pre)}, post ${number(network.act(pre))}`,
    );
  });
  frame.addEventListener("click", (event) => {
    const [a, b] = at(event);
    location.hash = `#/product?a=${a}&b=${b}`;
  });
  const drawn = figure({
    name: `neuron-${n}-${what}`,
    title: `${what === "pre" ? "Pre" : "Post"}-activation of every pair`,
    rows: () => [["a", "b", what], ...pairsOf(network, n, what, rows, columns, ground)],
  });
  fill(drawn.body, frame);
  drawn.node.insertBefore(tip, drawn.node.querySelector("figcaption"));
  drawn.note(
    `Rows are a, columns are b${parts ? `, in blocks by the cosets of ${name}` : ""}; ${what === "pre" ? `blue below 0, red above, ±${number(most)} at the ends` : `from 0 to ${number(most)}`}. `,
    parts
      ? isOwn
        ? "Outlined: pairs whose product lies in the shared coset C, where it is silent."
        : "Outlined: blocks that the chosen subgroup pairs."
      : "",
    " A click opens the pair.",
  );
  return drawn;
}

function newEasel(order) {
  const canvas = el("canvas", { width: order, height: order, class: "pixelated", role: "img" });
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(order, order);
  return { canvas, pen, image, pixels: new Uint32Array(image.data.buffer) };
}

/** The functions of a neuron, the least and the largest pre-activation, and the value at the end of the colours. */
function rangeOf(network, n, what) {
  const { order } = network;
  const [left, right] = [network.trained.left, network.trained.right].map((all) =>
    all.subarray(n * order, (n + 1) * order),
  );
  const isPre = what === "pre";
  const [lowest, highest] = [Math.min(...left) + Math.min(...right), Math.max(...left) + Math.max(...right)];
  const most = isPre ? Math.max(-lowest, highest, 1e-9) : Math.max(network.act(highest), network.act(lowest), 1e-9);
  return { left, right, isPre, lowest, highest, most };
}

/** Fill the canvas, some rows at a time, and show it when it is whole. */
function* painted({ pen, image, pixels }, network, range, rows, columns) {
  const { order } = network;
  const { left, right, lowest, highest } = range;
  const table = coloursOfPre(network.act, range);
  const scale = (LEVELS - 1) / (highest - lowest || 1);
  const byColumn = Float32Array.from(columns, (b) => right[b] * scale);
  for (let y = 0, at = 0; y < order; y++) {
    const own = (left[rows[y]] - lowest) * scale + 0.5;
    for (let x = 0; x < order; x++, at++) pixels[at] = table[(own + byColumn[x]) | 0];
    if (y % 32 === 31) yield;
  }
  pen.putImageData(image, 0, 0);
}

/** Colour of each of `LEVELS` pre-activations between the lowest and the highest. */
function coloursOfPre(act, { isPre, lowest, highest, most }) {
  const colours = packed(ramp(!isPre));
  const table = new Uint32Array(LEVELS + 1);
  for (let k = 0; k <= LEVELS; k++) {
    const pre = lowest + ((highest - lowest) * k) / (LEVELS - 1);
    const place = isPre ? 127.5 + (127.5 * pre) / most : (255 * act(pre)) / most;
    table[k] = colours[Math.max(0, Math.min(255, Math.round(place)))];
  }
  return table;
}

/** Elements in the order of the numbers of their parts. */
export function ordered(colouring, order) {
  const elements = Array.from({ length: order }, (_, i) => i);
  return colouring ? elements.sort((x, y) => colouring.of[x] - colouring.of[y] || x - y) : elements;
}

function packed(colours) {
  const found = new Uint32Array(256);
  const bytes = new Uint8Array(found.buffer);
  for (let i = 0; i < 256; i++) bytes.set([colours[3 * i], colours[3 * i + 1], colours[3 * i + 2], 255], 4 * i);
  return found;
}

function pairsOf(network, n, what, rows, columns, ground) {
  return rows.flatMap((a) =>
    columns.map((b) => {
      const pre = network.pre(n, a, b);
      return [ground.labels[a], ground.labels[b], what === "pre" ? pre : network.act(pre)];
    }),
  );
}

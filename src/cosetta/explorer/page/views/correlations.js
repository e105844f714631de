/**
 * Correlations between the out columns of all live neurons.
 */
import { ink, ramp, shown } from "../colours.js";
import { el, fill, svg } from "../dom.js";
import { figure } from "../figure.js";

/** Correlations between out columns, neurons in blocks by class and circuit. */
export function correlations(app) {
  const { header, ground, network } = app.net;
  const { order } = network;
  const place = new Map(
    header.circuits.map((circuit, i) => [
      circuit.circuit,
      [header.circuits.findIndex((each) => each.name === circuit.name), circuit.left, circuit.right, i],
    ]),
  );
  const live = header.neurons.filter((row) => row.kind === "live");
  const key = (row) =>
    row.covered
      ? place.get(row.circuit)
      : [1e6, header.group.irreps.findIndex((irrep) => irrep.name === row.irrep), 0, 0];
  live.sort((x, y) => {
    const [p, q] = [key(x), key(y)];
    return p.reduce((found, value, i) => found || value - q[i], 0) || x.neuron - y.neuron;
  });
  const size = live.length;
  const columns = live.map((row) => {
    const out = network.trained.out.subarray(row.neuron * order, (row.neuron + 1) * order);
    const mean = out.reduce((sum, x) => sum + x, 0) / order;
    const length = Math.sqrt(out.reduce((sum, x) => sum + (x - mean) ** 2, 0)) || 1;
    return Float32Array.from(out, (x) => (x - mean) / length);
  });
  const values = new Float32Array(size * size);
  for (let i = 0; i < size; i++)
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let c = 0; c < order; c++) sum += columns[i][c] * columns[j][c];
      values[i * size + j] = values[j * size + i] = sum;
    }
  const drawn = figure({
    name: `${header.name}-out-correlations`,
    title: "Correlation of the out columns, neuron by neuron",
    note: "Blue is −1, the page’s own colour 0, red 1. Neurons of one circuit speak against one coset, so they form a block on the diagonal. Every row has its neuron’s number and its circuit.",
    rows: () => [
      ["neuron", ...live.map((row) => row.neuron)],
      ...live.map((row, i) => [row.neuron, ...values.subarray(i * size, (i + 1) * size)]),
    ],
  });
  const cell = 11;
  const [left, top] = [230, 46];
  const canvas = el("canvas", {
    width: size,
    height: size,
    class: "pixelated",
    "aria-hidden": "true",
    style: {
      width: `${size * cell}px`,
      height: `${size * cell}px`,
      position: "absolute",
      left: `${left}px`,
      top: `${top}px`,
    },
  });
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(Math.max(size, 1), Math.max(size, 1));
  const colours = ramp();
  values.forEach((value, at) => {
    const k = Math.max(0, Math.min(255, Math.round(127.5 + 127.5 * value)));
    image.data.set([colours[3 * k], colours[3 * k + 1], colours[3 * k + 2], 255], 4 * at);
  });
  pen.putImageData(image, 0, 0);
  const labels = svg("svg", {
    width: left + size * cell + 6,
    height: top + size * cell + 6,
    class: "own-size",
    role: "img",
    "aria-label": `Correlations of the out columns of ${size} neurons`,
  });
  let before = null;
  live.forEach((row, i) => {
    const y = top + i * cell;
    const block = row.covered ? `c${row.circuit}` : row.irrep;
    const cls = row.covered ? ground.classes[ground.subgroupClass[row.labels.left.subgroup]] : null;
    if (block !== before) {
      const words = row.covered
        ? `${cls.title}: ${header.circuits.find((each) => each.circuit === row.circuit).words}`
        : `not covered, ${header.group.irreps.find((irrep) => irrep.name === row.irrep)?.title}`;
      labels.append(
        svg(
          "text",
          { x: left - 34, y: y + 9, "text-anchor": "end", "font-size": 9.5, fill: ink("ink") },
          words.length > 36 ? `${words.slice(0, 35)}…` : words,
        ),
        svg("line", { x1: 0, x2: left, y1: y, y2: y, stroke: ink("rule") }),
      );
      before = block;
    }
    labels.append(
      svg("rect", { x: left - 5, y, width: 4, height: cell, fill: cls ? shown(cls.colour) : ink("quiet") }),
      svg("text", { x: left - 8, y: y + 9, "text-anchor": "end", "font-size": 9, fill: ink("soft") }, row.neuron),
      svg(
        "text",
        {
          x: left + i * cell + 8.5,
          y: top - 5,
          "font-size": 9,
          fill: ink("soft"),
          transform: `rotate(-90 ${left + i * cell + 8.5} ${top - 5})`,
        },
        row.neuron,
      ),
    );
  });
  fill(
    drawn.body,
    el(
      "div",
      { style: { position: "relative", width: `${left + size * cell + 6}px`, height: `${top + size * cell + 6}px` } },
      labels,
      canvas,
    ),
  );
  drawn.body.classList.add("tall");
  for (const [name, value] of [
    ["tabindex", "0"],
    ["role", "region"],
    ["aria-label", "Correlations, scrolls"],
  ])
    drawn.body.setAttribute(name, value);
  return drawn;
}

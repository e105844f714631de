/**
 * Which circuits there are, how often each coset is watched, and which sets of them identify every element.
 */
import { ink, ramp, shown, textOn } from "../colours.js";
import { el, fill, svg } from "../dom.js";
import { figure } from "../figure.js";
import { number, percent, plural } from "../format.js";
import { fragment, go, note } from "../state.js";
import { table } from "../table.js";

/** The view. */
export const circuits = {
  id: "circuits",
  title: "Circuits",
  render(root, app, params) {
    const { header, ground } = app.net;
    if (!header.circuits.length) {
      fill(root, el("p", { class: "lede" }, "Cosets cover no neuron of this network, so it has no circuits."), correlations(app).node);
      return;
    }
    const names = [...new Set([...header.circuits].sort((x, y) => y.strength - x.strength).map((circuit) => circuit.name))];
    const all = header.identification.find((row) => row.name === "all circuits") ?? header.identification[0];
    const smallest = header.identification.at(-1);
    const list = table({
      name: `${header.name}-circuits`,
      label: "circuits",
      rows: header.circuits,
      key: (row) => row.circuit,
      sort: "strength",
      columns: [
        { id: "circuit", title: "circuit", numeric: true, primary: true, value: (row) => row.circuit },
        { id: "words", title: "silent whenever", value: (row) => row.words },
        { id: "H", title: "H → K", hint: "left is constant on cosets of H, right on cosets of K", value: (row) => `${ground.subgroupName(row.left)} ${ground.subgroupName(row.right)}`, show: (row) => named(ground, row) },
        { id: "neurons", title: "neurons", numeric: true, value: (row) => row.neurons.length },
        { id: "strength", title: "strength", numeric: true, value: (row) => row.strength, show: (row) => percent(row.strength) },
        { id: "lift", title: "lift", numeric: true, hint: "rise of the mean logit on the coset without the circuit; predicted above 0 and above the control", value: (row) => row.ablation?.lift ?? null, show: (row) => (row.ablation ? `${number(row.ablation.lift)}` : "–") },
        { id: "control", title: "control", numeric: true, hint: "the same rise for the other cosets of H", value: (row) => row.ablation?.control_lift ?? null, show: (row) => number(row.ablation?.control_lift) },
        { id: "without", title: "acc. without", numeric: true, value: (row) => row.ablation?.accuracy ?? null, show: (row) => percent(row.ablation?.accuracy) },
      ],
      onChoose: (row) => choose(row.circuit),
    });
    const chosen = el("div", {});
    const grids = el("div", { class: "figures" });
    const matrix = correlations(app);
    fill(
      root,
      el("p", { class: "lede" }, `${plural(header.circuits.length, "circuit")} watch cosets; a coset watched by several neurons is watched redundantly. All circuits together leave `, el("b", {}, all.identified === 1 ? "one element for every product" : `one element for ${percent(all.identified)} of the products`), `; ${smallest.circuits.length} of them, not one of which can be spared, do as much.`),
      el("div", { class: "split circuit-split" }, el("div", {}, list.node, chosen), el("div", {}, grids, identification())),
      matrix.node,
    );
    fill(grids, names.map((name) => grid(name)));
    const first = header.circuits.find((circuit) => String(circuit.circuit) === params.c) ?? [...header.circuits].sort((x, y) => y.strength - x.strength)[0];
    choose(first.circuit);
    app.data = () => ({ circuits: header.circuits, identification: header.identification });

    function choose(id) {
      const circuit = header.circuits.find((each) => each.circuit === id);
      list.show(id);
      note({ c: id, net: app.netParam() });
      for (const cell of root.querySelectorAll("[data-circuits]")) cell.classList.toggle("chosen", cell.dataset.circuits.split(" ").includes(String(id)));
      fill(
        chosen,
        el("h3", {}, `Circuit ${id}: silent whenever ${circuit.words}`),
        el("p", {}, el("span", { class: "chips" }, circuit.neurons.map((n) => el("a", { href: fragment("neurons", { n, net: app.netParam() }) }, `neuron ${n}`)))),
        el("p", { class: "note" }, `Coset of ${plural(circuit.size, "element")}, C = Hg = gK with g = ${ground.labels[circuit.representative]}. `, circuit.ablation ? `Without it: accuracy ${percent(circuit.ablation.accuracy)}, loss ${number(circuit.ablation.loss)} nats; ${circuit.ablation.verdict}.` : ""),
        el("button", { type: "button", onClick: () => off(circuit) }, "switch it off and look"),
      );
    }

    function off(circuit) {
      for (const n of circuit.neurons) app.net.change.off.add(n);
      go("interventions", { net: app.netParam() });
    }

    /** Neurons by the pair (H, K) of conjugates, each cell cut into the cosets that the pair has. */
    function grid(name) {
      const cls = ground.classes.find((each) => each.name === name);
      const members = header.circuits.filter((circuit) => circuit.name === name);
      const n = cls.conjugates;
      const perPair = cls.index / n;
      const drawn = figure({
        name: `${header.name}-cosets-${name}`.replace(/[^\w.-]+/g, "_"),
        title: `${cls.title}: ${members.length} of ${cls.index * n} cosets watched`,
        note: `Rows are H, columns K = g⁻¹Hg; the number of neurons on their ${perPair === 1 ? "coset" : `${perPair} cosets, separated by dots`}. Empty: no circuit.`,
        rows: () => [["H", "K", "coset", "neurons"], ...members.map((circuit) => [ground.subgroupName(circuit.left), ground.subgroupName(circuit.right), circuit.words, circuit.neurons.join(" ")])],
      });
      if (n > 40) {
        fill(drawn.body, el("p", { class: "note" }, `${n} conjugates; see the table.`));
        return drawn.node;
      }
      const cell = n <= 6 ? 40 : n <= 10 ? 26 : n <= 20 ? 17 : 12;
      const edge = 34;
      const size = n * cell + edge + 4;
      const picture = svg("svg", { viewBox: `0 0 ${size} ${size}`, class: "own-size", role: "img", "aria-label": `${members.length} of ${cls.index * n} cosets of ${cls.title} have a circuit`, width: Math.min(size, 460) });
      const most = Math.max(...members.map((circuit) => circuit.neurons.length));
      const colour = shown(cls.colour);
      for (let k = 0; k < n; k++)
        picture.append(
          svg("text", { x: edge + k * cell + cell / 2, y: edge - 7, "text-anchor": "middle", "font-size": Math.min(11, cell * 0.6), fill: ink("soft") }, k + 1),
          svg("text", { x: edge - 7, y: edge + k * cell + cell / 2 + 4, "text-anchor": "end", "font-size": Math.min(11, cell * 0.6), fill: ink("soft") }, k + 1),
        );
      picture.append(svg("text", { x: edge - 7, y: edge - 7, "text-anchor": "end", "font-size": 10, fill: ink("soft") }, "H\\K"));
      for (let i = 0; i < n; i++)
        for (let j = 0; j < n; j++) {
          const here = members.filter((circuit) => circuit.left === cls.first + i && circuit.right === cls.first + j);
          const neurons = here.reduce((sum, circuit) => sum + circuit.neurons.length, 0);
          const strength = neurons / Math.max(1, most);
          picture.append(
            svg("g", { "data-circuits": here.map((circuit) => circuit.circuit).join(" "), class: "cell", onClick: () => here.length && choose(here[0].circuit), style: { cursor: here.length ? "pointer" : "default" } },
              svg("rect", { x: edge + j * cell + 1, y: edge + i * cell + 1, width: cell - 2, height: cell - 2, rx: 2, fill: neurons ? colour : ink("faint"), "fill-opacity": neurons ? 0.35 + 0.65 * Math.min(1, strength) : 1 }),
              neurons && cell >= 17 ? svg("text", { x: edge + j * cell + cell / 2, y: edge + i * cell + cell / 2 + 4, "text-anchor": "middle", "font-size": 11, "font-weight": 600, fill: 0.35 + 0.65 * strength > 0.62 ? textOn(colour) : ink("ink") }, here.map((circuit) => circuit.neurons.length).join("·")) : null,
              svg("title", {}, here.length ? here.map((circuit) => `${circuit.words}: ${plural(circuit.neurons.length, "neuron")}`).join("; ") : `no circuit for H = ${cls.title}#${i + 1}, K = ${cls.title}#${j + 1}`)),
          );
        }
      fill(drawn.body, picture);
      return drawn.node;
    }

    function identification() {
      const drawn = figure({
        name: `${header.name}-identification`,
        title: "Which circuits identify every element",
        note: "An element is left for a product if no circuit rules it out, each circuit firing exactly when the product is outside its coset. “A smallest set” has no circuit that could be left out; another one might be smaller.",
        rows: () => [["circuits", "how many", "products identified", "elements left, mean", "most"], ...header.identification.map((row) => [row.name, row.circuits.length, row.identified, row.mean_left, row.most_left])],
      });
      fill(drawn.body, el("table", {}, el("thead", {}, el("tr", {}, ["circuits", "how many", "identified", "left, mean", "left, most"].map((head, i) => el("th", { scope: "col", class: i ? "n" : null }, head)))),
        el("tbody", {}, header.identification.map((row) => el("tr", {}, el("th", { scope: "row" }, row.title), el("td", { class: "n" }, row.circuits.length), el("td", { class: "n" }, percent(row.identified)), el("td", { class: "n" }, row.mean_left.toFixed(2)), el("td", { class: "n" }, row.most_left))))));
      return drawn.node;
    }
  },
};

function named(ground, { left, right }) {
  const cls = ground.classes[ground.subgroupClass[left]];
  const to = cls.conjugates > 1 ? ` → #${right - cls.first + 1}` : "";
  return el("span", {}, el("i", { class: "swatch", style: { background: shown(cls.colour) } }), ground.subgroupName(left), to);
}

/** Correlations between out columns, neurons in blocks by class and circuit. */
function correlations(app) {
  const { header, ground, network } = app.net;
  const { order } = network;
  const place = new Map(header.circuits.map((circuit, i) => [circuit.circuit, [header.circuits.findIndex((each) => each.name === circuit.name), circuit.left, circuit.right, i]]));
  const live = header.neurons.filter((row) => row.kind === "live");
  const key = (row) => (row.covered ? place.get(row.circuit) : [1e6, header.group.irreps.findIndex((irrep) => irrep.name === row.irrep), 0, 0]);
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
    note: "Blue is −1, white 0, red 1. Neurons of one circuit speak against one coset, so they form a block on the diagonal. Every row has its neuron’s number and its circuit.",
    rows: () => [["neuron", ...live.map((row) => row.neuron)], ...live.map((row, i) => [row.neuron, ...values.subarray(i * size, (i + 1) * size)])],
  });
  const cell = 11;
  const [left, top] = [230, 46];
  const canvas = el("canvas", { width: size, height: size, class: "pixelated", "aria-hidden": "true", style: { width: `${size * cell}px`, height: `${size * cell}px`, position: "absolute", left: `${left}px`, top: `${top}px` } });
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(Math.max(size, 1), Math.max(size, 1));
  const colours = ramp();
  values.forEach((value, at) => {
    const k = Math.max(0, Math.min(255, Math.round(127.5 + 127.5 * value)));
    image.data.set([colours[3 * k], colours[3 * k + 1], colours[3 * k + 2], 255], 4 * at);
  });
  pen.putImageData(image, 0, 0);
  const labels = svg("svg", { width: left + size * cell + 6, height: top + size * cell + 6, class: "own-size", role: "img", "aria-label": `Correlations of the out columns of ${size} neurons` });
  let before = null;
  live.forEach((row, i) => {
    const y = top + i * cell;
    const block = row.covered ? `c${row.circuit}` : row.irrep;
    const cls = row.covered ? ground.classes[ground.subgroupClass[row.labels.left.subgroup]] : null;
    if (block !== before) {
      const words = row.covered ? `${cls.title}: ${header.circuits.find((each) => each.circuit === row.circuit).words}` : `not covered, ${header.group.irreps.find((irrep) => irrep.name === row.irrep)?.title}`;
      labels.append(svg("text", { x: left - 34, y: y + 9, "text-anchor": "end", "font-size": 9.5, fill: ink("ink") }, words.length > 36 ? `${words.slice(0, 35)}…` : words), svg("line", { x1: 0, x2: left, y1: y, y2: y, stroke: ink("rule") }));
      before = block;
    }
    labels.append(
      svg("rect", { x: left - 5, y, width: 4, height: cell, fill: cls ? shown(cls.colour) : ink("quiet") }),
      svg("text", { x: left - 8, y: y + 9, "text-anchor": "end", "font-size": 9, fill: ink("soft") }, row.neuron),
      svg("text", { x: left + i * cell + 8.5, y: top - 5, "font-size": 9, fill: ink("soft"), transform: `rotate(-90 ${left + i * cell + 8.5} ${top - 5})` }, row.neuron),
    );
  });
  fill(drawn.body, el("div", { tabindex: "0", role: "region", "aria-label": "Correlations, scrolls", style: { position: "relative", "max-height": "44rem", overflow: "auto" } }, el("div", { style: { position: "relative", width: `${left + size * cell + 6}px`, height: `${top + size * cell + 6}px` } }, labels, canvas)));
  return drawn;
}

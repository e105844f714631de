/**
 * How the network formed: a slider over its checkpoints, and the neurons' functions gathering on cosets.
 */
import { cosetColour, ink, shown } from "../colours.js";
import { el, fill, svg, tell } from "../dom.js";
import { figure } from "../figure.js";
import { count, number, percent } from "../format.js";
import { smallHistogram } from "../histogram.js";
import { fragment, note } from "../state.js";

/** The view. */
export const training = {
  id: "training",
  title: "Training",
  render(root, app, params) {
    const { header, ground, arrays } = app.net;
    const formed = header.training;
    if (!formed?.step) {
      fill(
        root,
        el(
          "p",
          { class: "lede" },
          header.curve
            ? "This run kept too few checkpoints to scrub through."
            : "This network came without its training, so there is nothing to scrub through.",
        ),
        header.curve ? curveFigure(header, null).node : null,
      );
      return;
    }
    const last = formed.step.length - 1;
    const [values, range, fractions] = [
      arrays.formed.values,
      arrays.formed_range.values,
      arrays.formed_fraction.values,
    ];
    const width = header.summary.width;
    const tiles = formed.neurons.slice(0, 24);
    const colourings = new Map(tiles.map((n) => [n, colouring(header.neurons[n], values, last)]));
    let at = params.at === undefined ? last : Math.max(0, Math.min(last, Number(params.at) || 0));
    let timer = null;

    const slider = el("input", {
      type: "range",
      min: "0",
      max: String(last),
      value: String(at),
      "aria-label": "Checkpoint",
      onInput: () => show(Number(slider.value)),
    });
    const play = el("button", { type: "button", onClick: () => (timer ? stop() : start()) }, "play");
    const state = el("p", { class: "step-sentence", "aria-live": "polite", style: { "min-height": "1.6em" } });
    const curve = curveFigure(header, formed);
    const classes = classFigure(formed, ground, header);
    const gathering = figure({
      name: `${header.name}-formation`,
      title: "Left functions of the strongest neurons",
      rows: () => [
        ["step", "neuron", "element", "left"],
        ...tiles.flatMap((n, i) =>
          Array.from({ length: ground.order }, (_, g) => [formed.step[at], n, ground.labels[g], valueOf(at, i, g)]),
        ),
      ],
    });
    const grid = el("div", { class: "tiles" });
    const shownTiles = tiles.map((n) => {
      const row = header.neurons[n];
      const label = row.covered ? ground.subgroupName(row.labels.left.subgroup) : "not covered";
      const canvas = el("canvas", { width: 300, height: 130, role: "img", "aria-label": `left of neuron ${n}` });
      const text = el("span", {});
      return {
        n,
        canvas,
        text,
        node: el(
          "a",
          { class: "tile", href: fragment("neurons", { n, net: app.netParam() }) },
          canvas,
          el("span", {}, `neuron ${n}, ${label}`),
          text,
        ),
      };
    });
    fill(
      grid,
      shownTiles.map(({ node }) => node),
    );
    fill(gathering.body, grid);
    gathering.note(
      "Each element of the group is one count, coloured by the coset that it ends in; F is the share of the variance inside the cosets of the neuron’s final subgroup: 0 is constant on them.",
    );
    fill(
      root,
      el(
        "p",
        { class: "lede" },
        "Scrub from random weights to the finished network: values of a neuron drift until all elements of a coset share one.",
      ),
      el("div", { class: "stepper" }, play, slider),
      state,
      el("div", { class: "figures" }, curve.node, classes.node),
      gathering.node,
    );
    show(at);
    app.data = () => formed;

    function start() {
      if (at === last) at = -1;
      fill(play, "pause");
      timer = setInterval(() => {
        if (!root.isConnected) return stop();
        if (at >= last) return stop();
        show(at + 1);
      }, 350);
    }

    function stop() {
      clearInterval(timer);
      timer = null;
      fill(play, "play");
    }

    function valueOf(checkpoint, i, g) {
      const place = checkpoint * formed.neurons.length + i;
      return range[2 * place] + ((range[2 * place + 1] - range[2 * place]) * values[place * ground.order + g]) / 255;
    }

    function show(checkpoint) {
      at = checkpoint;
      slider.value = String(at);
      note({ at: at === last ? null : at, net: app.netParam() });
      fill(
        state,
        `Step ${count(formed.step[at])}: test accuracy ${percent(formed.test_accuracy[at])}, test loss ${number(formed.test_loss[at])} nats; ${percent(formed.constant_share[at], 0)} of the live neurons are constant on cosets of a proper subgroup.`,
      );
      curve.mark(formed.step[at]);
      classes.mark(at);
      shownTiles.forEach(({ n, canvas, text }, i) => {
        const left = Float32Array.from({ length: ground.order }, (_, g) => valueOf(at, i, g));
        smallHistogram(canvas, left, colourings.get(n));
        fill(text, header.neurons[n].covered ? `F = ${number(fractions[at * width + n], 1)}` : "");
      });
      tell(`Step ${formed.step[at]}`);
    }

    /** Cosets of the neuron's final subgroup, coloured in the order of their final means. */
    function colouring(row, stored, checkpoint) {
      const subgroup = row.covered ? row.labels.left.subgroup : null;
      if (subgroup === null) return null;
      const { of, first, size } = ground.cosets(subgroup, "right");
      const i = formed.neurons.indexOf(row.neuron);
      const means = new Float64Array(first.length);
      for (let g = 0; g < ground.order; g++)
        means[of[g]] += stored[(checkpoint * formed.neurons.length + i) * ground.order + g] / size;
      const rank = new Uint16Array(first.length);
      Array.from(means, (mean, k) => [mean, k])
        .sort((x, y) => x[0] - y[0])
        .forEach(([, k], place) => (rank[k] = place));
      return { of: Uint16Array.from(of, (k) => rank[k]), colours: first.map((_, k) => cosetColour(k, first.length)) };
    }
  },
};

/** Loss against steps, with a mark. */
function curveFigure(header, formed) {
  const { curve } = header;
  const drawn = figure({
    name: `${header.name}-loss`,
    title: "Loss",
    note: "Cross-entropy in nats, logarithmic. Solid: test pairs; dotted: training pairs.",
    rows: () => [
      ["step", "train loss", "test loss", "train accuracy", "test accuracy"],
      ...curve.step.map((step, i) => [
        step,
        curve.train_loss[i],
        curve.test_loss[i],
        curve.train_accuracy[i],
        curve.test_accuracy[i],
      ]),
    ],
  });
  const [left, right, top, bottom] = [46, 384, 10, 168];
  const all = [...curve.train_loss, ...curve.test_loss].filter((x) => x > 0);
  const [low, high] = [Math.floor(Math.log10(Math.min(...all))), Math.ceil(Math.log10(Math.max(...all)))];
  const most = Math.max(...curve.step, 1);
  const x = (step) => left + ((right - left) * step) / most;
  const y = (loss) =>
    bottom - ((bottom - top) * (Math.log10(Math.max(loss, 10 ** low)) - low)) / Math.max(1, high - low);
  const path = (losses) =>
    losses
      .map((loss, i) => (loss > 0 ? [x(curve.step[i]), y(loss)] : null))
      .filter(Boolean)
      .map(([px, py], i) => `${i ? "L" : "M"}${px.toFixed(1)} ${py.toFixed(1)}`)
      .join("");
  const mark = svg("line", { y1: top, y2: bottom, stroke: ink("ink"), "stroke-width": 1.2, x1: -9, x2: -9 });
  const every = Math.max(1, Math.ceil((high - low) / 6));
  const ticks = Array.from({ length: high - low + 1 }, (_, i) => low + i).filter(
    (power) => (power - low) % every === 0,
  );
  fill(
    drawn.body,
    svg(
      "svg",
      {
        viewBox: "0 0 400 200",
        role: "img",
        "aria-label": `Test loss falls from ${number(curve.test_loss[0])} to ${number(curve.test_loss.at(-1))} nats`,
      },
      ticks.map((power) => [
        svg("line", { x1: left, x2: right, y1: y(10 ** power), y2: y(10 ** power), stroke: ink("faint") }),
        svg(
          "text",
          { x: left - 6, y: y(10 ** power) + 4, "text-anchor": "end", "font-size": 11, fill: ink("soft") },
          power === 0 ? "1" : number(10 ** power, 0),
        ),
      ]),
      svg("path", {
        d: path(curve.train_loss),
        fill: "none",
        stroke: ink("quiet"),
        "stroke-width": 1.6,
        "stroke-dasharray": "2 3",
      }),
      svg("path", { d: path(curve.test_loss), fill: "none", stroke: ink("ink"), "stroke-width": 1.6 }),
      svg("text", { x: left, y: bottom + 16, "font-size": 11, fill: ink("soft") }, "0"),
      svg(
        "text",
        { x: right, y: bottom + 16, "text-anchor": "end", "font-size": 11, fill: ink("soft") },
        `${count(most)} steps`,
      ),
      mark,
    ),
  );
  return { ...drawn, mark: (step) => ["x1", "x2"].forEach((name) => mark.setAttribute(name, x(step))), formed };
}

/** Live neurons by class at each checkpoint, stacked. */
function classFigure(formed, ground, header) {
  const { names, counts } = lumped(formed);
  const colour = (name) => {
    const cls = ground.classes.find((each) => each.name === name);
    return cls ? shown(cls.colour) : name === "dead" ? ink("rule") : name === "other" ? ink("left") : ink("soft");
  };
  const drawn = figure({
    name: `${header.name}-classes-formed`,
    title: "Neurons by class",
    rows: () => [["step", ...names], ...formed.step.map((step, i) => [step, ...names.map((name) => counts[name][i])])],
  });
  const [left, right, top, bottom] = [30, 384, 10, 168];
  const n = formed.step.length;
  const x = (i) => left + ((right - left) * i) / Math.max(1, n - 1);
  const total = header.summary.width;
  const base = new Float64Array(n);
  const areas = names.map((name) => {
    const from = Array.from(base);
    counts[name].forEach((value, i) => (base[i] += value));
    const y = (value) => bottom - ((bottom - top) * value) / total;
    const up = Array.from(base, (value, i) => `${i ? "L" : "M"}${x(i).toFixed(1)} ${y(value).toFixed(1)}`).join("");
    const down = from
      .map((value, i) => `L${x(i).toFixed(1)} ${y(value).toFixed(1)}`)
      .reverse()
      .join("");
    return svg(
      "path",
      { d: `${up}${down}Z`, fill: colour(name), stroke: ink("paper"), "stroke-width": 0.6 },
      svg("title", {}, formed.titles[name] ?? name),
    );
  });
  const mark = svg("line", { y1: top - 4, y2: bottom + 4, stroke: ink("ink"), "stroke-width": 1.4 });
  fill(
    drawn.body,
    svg(
      "svg",
      { viewBox: "0 0 400 200", role: "img", "aria-label": `Neurons by class at ${n} checkpoints` },
      areas,
      mark,
      svg("text", { x: left - 5, y: top + 8, "text-anchor": "end", "font-size": 11, fill: ink("soft") }, total),
      svg("text", { x: left - 5, y: bottom, "text-anchor": "end", "font-size": 11, fill: ink("soft") }, "0"),
      svg("text", { x: left, y: bottom + 16, "font-size": 11, fill: ink("soft") }, "first checkpoint"),
      svg("text", { x: right, y: bottom + 16, "text-anchor": "end", "font-size": 11, fill: ink("soft") }, "finished"),
    ),
  );
  const title = (name) =>
    name === "none" ? "no subgroup" : name === "other" ? "other subgroups" : (formed.titles[name] ?? name);
  drawn.note(
    names.map((name) =>
      el(
        "span",
        { class: "key" },
        el("i", { class: "swatch", style: { background: colour(name) } }),
        `${title(name)} `,
      ),
    ),
  );
  return { ...drawn, mark: (i) => ["x1", "x2"].forEach((name) => mark.setAttribute(name, x(i))) };
}

/** Classes by what they have in the end; those that never hold three neurons count as one. */
function lumped({ classes, step }) {
  const isSmall = (name) => name !== "none" && name !== "dead" && Math.max(...classes[name]) < 3;
  const names = Object.keys(classes)
    .filter((name) => !isSmall(name))
    .sort((x, y) => classes[y].at(-1) - classes[x].at(-1));
  const small = Object.keys(classes).filter(isSmall);
  const counts = Object.fromEntries(names.map((name) => [name, classes[name]]));
  if (small.length) counts.other = step.map((_, i) => small.reduce((sum, name) => sum + classes[name][i], 0));
  return { names: small.length ? [...names, "other"] : names, counts };
}

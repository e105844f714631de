/**
 * Switch neurons, circuits, irreps or accounts off, flip signs, add noise, put an ideal in the place of the weights.
 */
import { ink, ramp, shown } from "../colours.js";
import { choices, el, fill, select, svg, tell } from "../dom.js";
import { figure } from "../figure.js";
import { count, number, percent, plural } from "../format.js";
import { UNTOUCHED } from "../network.js";
import { note } from "../state.js";

/** The view. */
export const interventions = {
  id: "interventions",
  title: "Interventions",
  render(root, app, params) {
    const { header, ground, network } = app.net;
    const change = app.net.change;
    if (params.off !== undefined) change.off = new Set(numbers(params.off).filter((n) => n < network.width));
    if (params.ideal !== undefined && network.ideals[params.ideal]) change.ideal = params.ideal;
    if (params.mode === "alone" || params.mode === "kept") change.mode = params.mode;
    const before = network.score(UNTOUCHED);
    const baseline = { accuracy: before.accuracy, loss: before.loss };
    let by = params.by ?? (ground.classes.length ? "coset" : "class");
    let H = Number(params.H ?? [...header.circuits].sort((x, y) => y.strength - x.strength)[0]?.left ?? ground.classes.at(-2)?.first ?? 0);
    let scores = null;

    const panel = el("div", {});
    const result = el("div", { class: "scores", role: "status" });
    const confusion = figure({ name: `${header.name}-confusion`, title: "Which answers come instead", rows: confusionRows });
    const pickers = el("div", { class: "controls" });
    fill(
      root,
      el("p", { class: "lede" }, "What is switched off here is held at its mean over all products, as in ", el("code", {}, "cosetta"), "’s own ablations, and the whole network is scored again at once."),
      el("div", { class: "split change-split" }, panel, el("div", { class: "sticky" }, result, pickers, confusion.node)),
    );
    drawPanel();
    drawPickers();
    update();
    app.data = () => ({ off: [...change.off].sort((x, y) => x - y), ideal: change.ideal || null, mode: change.mode, flip_left: change.flipLeft, flip_right: change.flipRight, noise: change.noise, shift: change.shift, accuracy: scores.accuracy, loss: scores.loss, pairs: scores.pairs, before: baseline });

    function update() {
      scores = network.score(change);
      note({ off: spelled(change.off), ideal: change.ideal || null, mode: change.ideal && change.mode === "alone" ? "alone" : null, by: by === "coset" ? null : by, H: by === "coset" ? H : null, net: app.netParam() });
      const spread = network.isSample ? ` ± ${percent(1.96 * Math.sqrt((scores.accuracy * (1 - scores.accuracy)) / scores.pairs), 1)}` : "";
      fill(
        result,
        tile("accuracy", percent(scores.accuracy), `${spread} before: ${percent(baseline.accuracy)}`, "accuracy"),
        tile("loss, nats", number(scores.loss), `before: ${number(baseline.loss)}`, "loss"),
        tile("switched off", change.ideal && network.ideals[change.ideal].kind === "product" ? "–" : count(change.off.size), `of ${plural(network.width, "neuron")}`, "off"),
        tile("pairs scored", count(scores.pairs), network.isSample ? `a fixed random sample of ${count(header.scored.all_pairs)}` : "all of them", "pairs"),
      );
      result.dataset.accuracy = String(scores.accuracy);
      result.dataset.loss = String(scores.loss);
      result.dataset.milliseconds = scores.milliseconds.toFixed(1);
      tell(`Accuracy ${percent(scores.accuracy)}`);
      drawConfusion();
      syncSwitches();
    }

    function tile(name, value, text, id) {
      return el("div", { id: `score-${id}` }, el("span", { class: "big" }, value), el("small", {}, el("b", {}, name)), el("small", {}, text));
    }

    function drawPanel() {
      const product = change.ideal && network.ideals[change.ideal].kind === "product";
      const live = header.neurons.filter((row) => row.kind === "live");
      const groups = [
        ["Circuits", header.circuits.map((circuit) => ({ label: circuit.words, hint: plural(circuit.neurons.length, "neuron"), neurons: circuit.neurons, colour: ground.classes[ground.subgroupClass[circuit.left]].colour }))],
        ["Classes of subgroups", grouped(live, (row) => (row.covered ? row.labels.left.name : "not covered")).map(([name, neurons]) => ({ label: ground.classes.find((cls) => cls.name === name)?.title ?? name, hint: plural(neurons.length, "neuron"), neurons, colour: ground.classes.find((cls) => cls.name === name)?.colour }))],
        ["Irreps", grouped(live, (row) => row.irrep).map(([name, neurons]) => ({ label: ground.irreps.find((irrep) => irrep.name === name).title, hint: plural(neurons.length, "neuron"), neurons, colour: ground.irreps.find((irrep) => irrep.name === name).colour }))],
        ["What an account covers", header.accounts.map((account) => ({ label: account.title, neurons: live.filter((row) => account.id in row.accounts).map((row) => row.neuron) })).filter(({ neurons }) => neurons.length).map((entry) => ({ ...entry, hint: plural(entry.neurons.length, "neuron") }))],
        ["Neurons", [...live].sort((x, y) => y.strength - x.strength).map((row) => ({ label: `neuron ${row.neuron}`, hint: percent(row.strength, 1), neurons: [row.neuron], colour: row.covered ? ground.classes[ground.subgroupClass[row.labels.left.subgroup]]?.colour : null }))],
      ];
      const ideals = header.accounts.filter((account) => network.ideals[account.id]);
      const leftOut = header.ideals_left_out.map((id) => header.accounts.find((account) => account.id === id)?.title ?? id);
      fill(
        panel,
        el("div", { class: "controls" },
          el("button", { type: "button", onClick: () => reset() }, "undo everything"),
          el("button", { type: "button", class: "quiet", onClick: () => turn(live.map((row) => row.neuron), false) }, "all off"),
          el("button", { type: "button", class: "quiet", onClick: () => invert(live) }, "only these"),
          select("held at", [["mean", "the mean"], ["zero", "zero"]], change.at, (at) => {
            change.at = at;
            update();
          })),
        el("fieldset", {}, el("legend", {}, "An ideal in the place of the weights"),
          el("div", { class: "controls" },
            select("account", [["", "none: the trained weights"], ...ideals.map((account) => [account.id, account.title])], change.ideal, (id) => {
              change.ideal = id;
              drawPanel();
              update();
            }),
            choices("The neurons it does not cover", [["kept", "rest kept"], ["alone", "rest at its mean"]], change.mode, (mode) => {
              change.mode = mode;
              update();
            })),
          el("p", { class: "note" }, "Ideals are stored in 16 bits. ", product ? "This account speaks of logits, not of neurons: there is nothing to switch off. " : "", leftOut.length ? `Left out to keep the page small: ${leftOut.join(", ")}.` : "")),
        el("fieldset", {}, el("legend", {}, "The whole network"),
          el("div", { class: "controls" },
            toggle("flip left", change.flipLeft, (is) => (change.flipLeft = is)),
            toggle("flip right", change.flipRight, (is) => (change.flipRight = is))),
          el("div", { class: "controls" },
            slider("noise on pre, sd", 0, 2, 0.05, change.noise, (value) => (change.noise = value)),
            slider("shift of pre", -2, 2, 0.1, change.shift, (value) => (change.shift = value)))),
        groups.filter(([, entries]) => entries.length).map(([title, entries], i) =>
          el("details", { open: i === 0 || (i === 1 && !header.circuits.length) }, el("summary", {}, `${title} (${entries.length})`), el("div", { class: "switches" }, entries.map(switchOf)))),
      );
    }

    function switchOf({ label, hint, neurons, colour }) {
      const box = el("input", { type: "checkbox", onChange: () => turn(neurons, box.checked) });
      box.neurons = neurons;
      return el("label", { class: "switch" }, box, el("span", {}, colour ? el("i", { class: "swatch", style: { background: shown(colour) } }) : null, label, " ", el("small", {}, hint)));
    }

    function syncSwitches() {
      for (const box of panel.querySelectorAll(".switches input")) {
        const off = box.neurons.filter((n) => change.off.has(n)).length;
        box.checked = off < box.neurons.length;
        box.indeterminate = off > 0 && off < box.neurons.length;
      }
    }

    function turn(neurons, on) {
      for (const n of neurons) {
        if (on) change.off.delete(n);
        else change.off.add(n);
      }
      update();
    }

    function invert(live) {
      change.off = new Set(live.map((row) => row.neuron).filter((n) => !change.off.has(n)));
      update();
    }

    function reset() {
      Object.assign(change, UNTOUCHED, { off: new Set() });
      drawPanel();
      update();
    }

    function toggle(label, is, set) {
      const box = el("input", { type: "checkbox", checked: is, onChange: () => {
        set(box.checked);
        update();
      } });
      return el("label", { class: "switch" }, box, label);
    }

    function slider(label, min, max, step, value, set) {
      const shownValue = el("output", {}, String(value));
      const input = el("input", { type: "range", min, max, step, value, "aria-label": label, onInput: () => fill(shownValue, input.value), onChange: () => {
        set(Number(input.value));
        update();
      } });
      return el("label", { class: "field" }, el("span", {}, label), input, shownValue);
    }

    function drawPickers() {
      const options = [...(ground.classes.length ? [["coset", "by coset"]] : []), ["class", "by conjugacy class"]];
      fill(
        pickers,
        choices("Confusion", options, by, (value) => {
          by = value;
          drawPickers();
          update();
        }),
        by === "coset" ? select("right cosets of", ground.classes.filter((cls) => cls.index > 1 && cls.index <= 120).map((cls) => [cls.first, cls.title]), ground.classes[ground.subgroupClass[H]].first, (first) => {
          H = Number(first);
          update();
        }) : null,
      );
    }

    /** Part of each element, and names of the parts. */
    function partition() {
      if (by === "class") return { of: ground.elementClass, names: ground.elementClasses.map((cls) => cls.label) };
      const cosets = ground.cosets(H, "right");
      return { of: cosets.of, names: cosets.first.map((g) => `H${ground.labels[g]}`) };
    }

    function table() {
      const { of, names } = partition();
      const counts = new Float64Array(names.length ** 2);
      for (let p = 0; p < network.pairs.length; p++) counts[of[ground.table[network.pairs[p]]] * names.length + of[scores.answers[p]]]++;
      return { counts, names };
    }

    function drawConfusion() {
      const { counts, names } = table();
      const n = names.length;
      const cell = Math.max(5, Math.min(44, 440 / n));
      const edge = n <= 24 ? 96 : 20;
      const size = edge + n * cell + 4;
      const colours = ramp(true);
      const picture = svg("svg", { viewBox: `0 0 ${size} ${size}`, class: "own-size", width: Math.min(size, 640), role: "img", "aria-label": `Confusion ${by === "class" ? "by conjugacy class" : "by coset"}` });
      const sums = names.map((_, i) => counts.subarray(i * n, (i + 1) * n).reduce((sum, x) => sum + x, 0));
      for (let i = 0; i < n; i++)
        for (let j = 0; j < n; j++) {
          const share = sums[i] ? counts[i * n + j] / sums[i] : 0;
          const k = 3 * Math.round(255 * share);
          picture.append(svg("g", {}, svg("rect", { x: edge + j * cell, y: edge + i * cell, width: cell - 1, height: cell - 1, fill: share ? `rgb(${colours[k]},${colours[k + 1]},${colours[k + 2]})` : ink("faint") }),
            cell >= 26 && share ? svg("text", { x: edge + j * cell + cell / 2 - 0.5, y: edge + i * cell + cell / 2 + 3.5, "text-anchor": "middle", "font-size": Math.min(10.5, cell / 3.6), fill: share > 0.5 ? ink("paper") : ink("ink") }, share === 1 ? "100 %" : percent(share, share < 0.1 ? 1 : 0)) : null,
            svg("title", {}, `product in ${names[i]}, answer in ${names[j]}: ${count(counts[i * n + j])} of ${count(sums[i])} pairs`)));
        }
      if (n <= 24)
        names.forEach((name, i) => {
          const short = name.length > 13 ? `${name.slice(0, 12)}…` : name;
          picture.append(svg("text", { x: edge - 6, y: edge + (i + 0.5) * cell + 3.5, "text-anchor": "end", "font-size": Math.min(11, cell * 0.75), fill: ink("ink") }, short), svg("text", { x: edge + (i + 0.5) * cell, y: edge - 6, "font-size": Math.min(11, cell * 0.75), fill: ink("ink"), transform: `rotate(-60 ${edge + (i + 0.5) * cell} ${edge - 6})` }, short));
        });
      fill(confusion.body, picture);
      const same = counts.reduce((sum, x, at) => sum + (at % (n + 1) === 0 ? x : 0), 0) / network.pairs.length;
      confusion.note(`Rows: where the product lies; columns: where the answer lies; shares of each row. ${percent(same)} of the answers lie in the right ${by === "class" ? "class" : "coset"}, ${percent(scores.accuracy)} are right. Scored in ${Math.round(scores.milliseconds)} ms.`);
    }

    function confusionRows() {
      const { counts, names } = table();
      return [["product in \\ answer in", ...names], ...names.map((name, i) => [name, ...counts.subarray(i * names.length, (i + 1) * names.length)])];
    }
  },
};

function grouped(rows, key) {
  const found = new Map();
  for (const row of rows) {
    if (!found.has(key(row))) found.set(key(row), []);
    found.get(key(row)).push(row.neuron);
  }
  return [...found].sort((x, y) => y[1].length - x[1].length);
}

/** Neurons as ranges, such as 0-4,7: short enough for an address. */
function spelled(set) {
  const sorted = [...set].sort((x, y) => x - y);
  const runs = [];
  for (const n of sorted) {
    const last = runs.at(-1);
    if (last && last[1] === n - 1) last[1] = n;
    else runs.push([n, n]);
  }
  return runs.map(([low, high]) => (low === high ? `${low}` : `${low}-${high}`)).join(",");
}

function numbers(text) {
  return text.split(",").filter(Boolean).flatMap((part) => {
    const [low, high = low] = part.split("-").map(Number);
    return Number.isInteger(low) && Number.isInteger(high) && low <= high && high - low < 1e4 ? Array.from({ length: high - low + 1 }, (_, i) => low + i) : [];
  });
}

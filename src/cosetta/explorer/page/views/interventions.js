/**
 * Switch neurons, circuits, irreps or accounts off, flip signs, add noise, put an ideal in the place of the weights.
 */
import { shown } from "../colours.js";
import { choices, el, fill, select, tell } from "../dom.js";
import { count, number, percent, plural } from "../format.js";
import { UNTOUCHED } from "../network.js";
import { numbers, spelled } from "../ranges.js";
import { note } from "../state.js";
import { confusionFigure } from "./confusion.js";

/** The view. */
export const interventions = {
  id: "interventions",
  title: "Interventions",
  render(root, app, params) {
    const { header, ground, network } = app.net;
    const change = app.net.change;
    readChange(params, change, network);
    const before = network.score(UNTOUCHED);
    const baseline = { accuracy: before.accuracy, loss: before.loss };
    let scores = null;

    const panel = el("div", {});
    const result = el("div", { class: "scores", role: "status" });
    const confusion = confusionFigure(app.net, params, () => update());
    fill(
      root,
      el(
        "p",
        { class: "lede" },
        "What is switched off here is held at its mean over all products, as in ",
        el("code", {}, "cosetta"),
        "’s own ablations, and the whole network is scored again at once.",
      ),
      el(
        "div",
        { class: "split change-split" },
        panel,
        el("div", { class: "sticky" }, result, confusion.pickers, confusion.node),
      ),
    );
    drawPanel();
    update();
    app.data = () => ({
      off: [...change.off].sort((x, y) => x - y),
      ideal: change.ideal || null,
      mode: change.mode,
      flip_left: change.flipLeft,
      flip_right: change.flipRight,
      noise: change.noise,
      shift: change.shift,
      accuracy: scores.accuracy,
      loss: scores.loss,
      pairs: scores.pairs,
      before: baseline,
    });

    function update() {
      scores = network.score(change);
      note({ ...written(change), ...confusion.chosen(), net: app.netParam() });
      const spread = network.isSample ? `${interval(scores.accuracy, scores.pairs)}; ` : "";
      fill(
        result,
        tile("accuracy", percent(scores.accuracy), `${spread}before: ${percent(baseline.accuracy)}`, "accuracy"),
        tile("loss, nats", number(scores.loss), `before: ${number(baseline.loss)}`, "loss"),
        tile(
          "switched off",
          change.ideal && network.ideals[change.ideal].kind === "product" ? "–" : count(change.off.size),
          `of ${plural(network.width, "neuron")}`,
          "off",
        ),
        tile(
          "pairs scored",
          count(scores.pairs),
          network.isSample ? `a fixed random sample of ${count(header.scored.all_pairs)}` : "all of them",
          "pairs",
        ),
      );
      result.dataset.accuracy = String(scores.accuracy);
      result.dataset.loss = String(scores.loss);
      result.dataset.milliseconds = scores.milliseconds.toFixed(1);
      tell(`Accuracy ${percent(scores.accuracy)}`);
      confusion.draw(scores);
      syncSwitches();
    }

    function tile(name, value, text, id) {
      return el(
        "div",
        { id: `score-${id}` },
        el("span", { class: "big" }, value),
        el("small", {}, el("b", {}, name)),
        el("small", {}, text),
      );
    }

    function drawPanel() {
      const product = change.ideal && network.ideals[change.ideal].kind === "product";
      const live = header.neurons.filter((row) => row.kind === "live");
      const groups = [
        [
          "Circuits",
          header.circuits.map((circuit) => ({
            label: circuit.words,
            hint: plural(circuit.neurons.length, "neuron"),
            neurons: circuit.neurons,
            colour: ground.classes[ground.subgroupClass[circuit.left]].colour,
          })),
        ],
        [
          "Classes of subgroups",
          grouped(live, (row) => (row.covered ? row.labels.left.name : "not covered")).map(([name, neurons]) => ({
            label: ground.classes.find((cls) => cls.name === name)?.title ?? name,
            hint: plural(neurons.length, "neuron"),
            neurons,
            colour: ground.classes.find((cls) => cls.name === name)?.colour,
          })),
        ],
        [
          "Irreps",
          grouped(live, (row) => row.irrep).map(([name, neurons]) => ({
            label: ground.irreps.find((irrep) => irrep.name === name).title,
            hint: plural(neurons.length, "neuron"),
            neurons,
            colour: ground.irreps.find((irrep) => irrep.name === name).colour,
          })),
        ],
        [
          "What an account covers",
          header.accounts
            .map((account) => ({
              label: account.title,
              neurons: live.filter((row) => account.id in row.accounts).map((row) => row.neuron),
            }))
            .filter(({ neurons }) => neurons.length)
            .map((entry) => ({ ...entry, hint: plural(entry.neurons.length, "neuron") })),
        ],
        [
          "Neurons",
          [...live]
            .sort((x, y) => y.strength - x.strength)
            .map((row) => ({
              label: `neuron ${row.neuron}`,
              hint: percent(row.strength, 1),
              neurons: [row.neuron],
              colour: row.covered ? ground.classes[ground.subgroupClass[row.labels.left.subgroup]]?.colour : null,
            })),
        ],
      ];
      const ideals = header.accounts.filter((account) => network.ideals[account.id]);
      const leftOut = header.ideals_left_out.map(
        (id) => header.accounts.find((account) => account.id === id)?.title ?? id,
      );
      fill(
        panel,
        el(
          "div",
          { class: "controls" },
          el("button", { type: "button", onClick: () => reset() }, "undo everything"),
          el(
            "button",
            {
              type: "button",
              class: "quiet",
              onClick: () =>
                turn(
                  live.map((row) => row.neuron),
                  false,
                ),
            },
            "all off",
          ),
          el("button", { type: "button", class: "quiet", onClick: () => invert(live) }, "only these"),
          select(
            "held at",
            [
              ["mean", "the mean"],
              ["zero", "zero"],
            ],
            change.at,
            (at) => {
              change.at = at;
              update();
            },
          ),
        ),
        el(
          "fieldset",
          {},
          el("legend", {}, "An ideal in the place of the weights"),
          el(
            "div",
            { class: "controls" },
            select(
              "account",
              [["", "none: the trained weights"], ...ideals.map((account) => [account.id, account.title])],
              change.ideal,
              (id) => {
                change.ideal = id;
                drawPanel();
                update();
              },
            ),
            choices(
              "The neurons it does not cover",
              [
                ["kept", "rest kept"],
                ["alone", "rest at its mean"],
              ],
              change.mode,
              (mode) => {
                change.mode = mode;
                update();
              },
            ),
          ),
          el(
            "p",
            { class: "note" },
            "Ideals are stored in 16 bits. ",
            product ? "This account speaks of logits, not of neurons: there is nothing to switch off. " : "",
            leftOut.length ? `Left out to keep the page small: ${leftOut.join(", ")}.` : "",
          ),
        ),
        el(
          "fieldset",
          {},
          el("legend", {}, "The whole network"),
          el(
            "div",
            { class: "controls" },
            toggle("flip left", change.flipLeft, (is) => (change.flipLeft = is)),
            toggle("flip right", change.flipRight, (is) => (change.flipRight = is)),
          ),
          el(
            "div",
            { class: "controls" },
            slider("noise on pre, sd", 0, 2, 0.05, change.noise, (value) => (change.noise = value)),
            slider("shift of pre", -2, 2, 0.1, change.shift, (value) => (change.shift = value)),
          ),
        ),
        groups
          .filter(([, entries]) => entries.length)
          .map(([title, entries], i) =>
            el(
              "details",
              { open: i === 0 || (i === 1 && !header.circuits.length) },
              el("summary", {}, `${title} (${entries.length})`),
              el("div", { class: "switches" }, entries.map(switchOf)),
            ),
          ),
      );
    }

    function switchOf({ label, hint, neurons, colour }) {
      const box = el("input", { type: "checkbox", onChange: () => turn(neurons, box.checked) });
      box.neurons = neurons;
      return el(
        "label",
        { class: "switch" },
        box,
        el(
          "span",
          {},
          colour ? el("i", { class: "swatch", style: { background: shown(colour) } }) : null,
          label,
          " ",
          el("small", {}, hint),
        ),
      );
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
      const box = el("input", {
        type: "checkbox",
        checked: is,
        onChange: () => {
          set(box.checked);
          update();
        },
      });
      return el("label", { class: "switch" }, box, label);
    }

    function slider(label, min, max, step, value, set) {
      const shownValue = el("output", {}, String(value));
      const input = el("input", {
        type: "range",
        min,
        max,
        step,
        value,
        "aria-label": label,
        onInput: () => fill(shownValue, input.value),
        onChange: () => {
          set(Number(input.value));
          update();
        },
      });
      return el("label", { class: "field" }, el("span", {}, label), input, shownValue);
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

/** The change as parameters of the address; what is as it was is left out. */
function written(change) {
  return {
    off: spelled(change.off),
    held: change.at === "mean" ? null : change.at,
    ideal: change.ideal || null,
    mode: change.ideal && change.mode === "alone" ? "alone" : null,
    flip: `${change.flipLeft ? "left" : ""}${change.flipRight ? "right" : ""}` || null,
    noise: change.noise || null,
    shift: change.shift || null,
  };
}

/** Read into a change what an address says; what it does not say, or says wrongly, stays as it is. */
function readChange(params, change, network) {
  const inside = (text, low, high) => text !== undefined && Number(text) >= low && Number(text) <= high;
  if (params.off !== undefined) change.off = new Set(numbers(params.off).filter((n) => n < network.width));
  if (params.held === "mean" || params.held === "zero") change.at = params.held;
  if (params.ideal !== undefined && Object.hasOwn(network.ideals, params.ideal)) change.ideal = params.ideal;
  if (params.mode === "alone" || params.mode === "kept") change.mode = params.mode;
  if (params.flip !== undefined) change.flipLeft = params.flip.startsWith("left");
  if (params.flip !== undefined) change.flipRight = params.flip.endsWith("right");
  if (inside(params.noise, 0, 2)) change.noise = Number(params.noise);
  if (inside(params.shift, -2, 2)) change.shift = Number(params.shift);
}

/** Wilson's 95 % interval of a share of a sample, which is no point where all or none are right. */
function interval(share, n) {
  const z = 1.96;
  const middle = (share + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  return `${percent(Math.max(0, middle - half))} to ${percent(Math.min(1, middle + half))} of all pairs`;
}

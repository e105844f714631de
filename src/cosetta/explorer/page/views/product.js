/**
 * One product at a time: which circuits fire, which coset each rules out, and what is left.
 */
import { ink, shown, textOn } from "../colours.js";
import { el, fill, svg, tell } from "../dom.js";
import { figure } from "../figure.js";
import { count, number, percent, plural } from "../format.js";
import { random } from "../network.js";
import { FIRES_AT, partsOf, pushes } from "../parts.js";
import { fragment, go, note } from "../state.js";

const CURTAIN_ROW = 9;

/** The front door. */
export const product = {
  id: "product",
  title: "One product",
  render(root, app, params) {
    const { ground, network, header, change } = app.net;
    const parts = partsOf(header, ground);
    const scale = scales(parts, network, ground);
    const touched = app.isTouched();
    let closest = null;
    let [pair, state, step, timer, laid] = [null, null, 0, null, null];

    const inputs = ["a", "b"].map((name) => {
      const input = el("input", {
        id: `factor-${name}`, list: "elements", autocomplete: "off", spellcheck: "false", size: "12",
        "aria-label": `${name}, the ${name === "a" ? "left" : "right"} factor`, onChange: () => read(),
      });
      return input;
    });
    const problem = el("p", { class: "problem", role: "alert", hidden: true });
    const controls = el(
      "div",
      { class: "controls" },
      el("label", { class: "field", for: "factor-a" }, el("span", {}, "a"), inputs[0]),
      el("span", { class: "times", "aria-hidden": "true" }, "·"),
      el("label", { class: "field", for: "factor-b" }, el("span", {}, "b"), inputs[1]),
      el("datalist", { id: "elements" }, ground.labels.map((label) => el("option", { value: label }))),
      el("button", { type: "button", onClick: () => show(...anyPair()) }, "another pair"),
      el("button", { type: "button", class: "quiet", onClick: () => show(...worst()) }, header.wrong.length ? "a wrong answer" : "a close call"),
    );
    const equation = el("p", { class: "equation" });
    const verdict = el("p", { class: "verdict" });
    const sentence = el("p", { class: "step-sentence", "aria-live": "polite" });
    const slider = el("input", { type: "range", min: "0", value: "0", "aria-label": "Step", onInput: () => stepTo(Number(slider.value)) });
    const play = el("button", { type: "button", onClick: () => (timer ? stop() : start()) }, "play");
    const stepper = el(
      "div",
      { class: "stepper" },
      el("button", { type: "button", onClick: () => stepTo(0) }, "first"),
      el("button", { type: "button", "aria-label": "Step back", onClick: () => stepTo(step - 1) }, "◀"),
      slider,
      el("button", { type: "button", "aria-label": "Next step", onClick: () => stepTo(step + 1) }, "▶"),
      el("button", { type: "button", onClick: () => stepTo(Infinity) }, "last"),
      play,
    );
    const strip = figure({ name: "what-is-left", title: "What is left", rows: stripRows });
    const curtain = figure({ name: "ruled-out", title: "All steps at once", rows: curtainRows });
    const firing = figure({ name: "circuits-firing", title: "Who fires", rows: firingRows });
    const logits = figure({ name: "logits", title: "The ten largest logits at this step", rows: logitRows });
    const empty = parts.every((part) => !part.inside);

    fill(
      root,
      el("p", { class: "lede" }, empty ? openingWithout(app) : opening(app, parts)),
      touched && el("p", { class: "warning" }, "This is the network as you changed it under ", el("a", { href: fragment("interventions") }, "Interventions"), "."),
      controls,
      problem,
      equation,
      verdict,
      el("div", { class: "split product-split" }, el("div", {}, stepper, sentence, strip.node, curtain.node), el("div", {}, firing.node, logits.node)),
    );
    root.addEventListener("keydown", onKey);
    const wanted = [params.a, params.b].map((text) => (text === undefined ? NaN : Number(text)));
    const isElement = (x) => Number.isInteger(x) && x >= 0 && x < ground.order;
    show(...(wanted.every(isElement) ? wanted : first()), params.step === undefined ? 1 : Number(params.step));

    function first() {
      const a = Math.floor(ground.order * 0.61);
      return [a, Math.floor(ground.order * 0.34)];
    }

    function anyPair() {
      const draw = () => Math.floor(Math.random() * ground.order);
      return [draw(), draw()];
    }

    function worst() {
      const list = header.wrong.length ? header.wrong : (closest ??= closestCalls(network));
      const here = list.findIndex(([a, b]) => pair && a === pair[0] && b === pair[1]);
      return list[(here + 1) % list.length];
    }

    function read() {
      try {
        const found = inputs.map((input) => ground.read(input.value));
        problem.hidden = true;
        show(...found);
      } catch (error) {
        problem.hidden = false;
        fill(problem, error.message);
      }
    }

    function start() {
      if (step === state.steps.length) stepTo(0);
      fill(play, "pause");
      timer = setInterval(() => {
        if (!root.isConnected || step >= state.steps.length) stop();
        else stepTo(step + 1);
      }, 700);
    }

    function stop() {
      clearInterval(timer);
      timer = null;
      fill(play, "play");
    }

    function show(a, b, at = 1) {
      pair = [a, b];
      inputs[0].value = ground.labels[a];
      inputs[1].value = ground.labels[b];
      state = reason(a, b);
      const { right, answer } = state;
      const line = (x) => (ground.degree ? el("small", {}, ground.oneLine(x)) : null);
      fill(equation, [a, "·", b, "=", right].map((x) => (typeof x === "number" ? el("span", { class: "element" }, ground.labels[x], line(x)) : el("span", { class: "op" }, x))));
      const correct = answer === right;
      fill(
        verdict,
        "The network answers ",
        el("strong", { class: correct ? null : "bad" }, ground.labels[answer]),
        correct ? `, which is right: ${number(state.margin)} above the next.` : `, which is wrong: the right answer is ${number(-state.margin)} below.`,
      );
      slider.max = String(state.steps.length);
      laid = layStrip();
      drawFiring();
      drawCurtain();
      stepTo(at);
    }

    /** What the network does with a pair, as steps. */
    function reason(a, b) {
      const run = network.run(a, b, change);
      const model = network.changed(change);
      const right = ground.product(a, b);
      const spoken = model.left ? pushes(parts, run, model, ground.order) : [];
      const entries = parts.map((part, i) => ({ part, ...(spoken[i] ?? { push: 0, post: 0, logits: new Float32Array(ground.order) }), fires: spoken[i] ? spoken[i].push > FIRES_AT * scale[i] : false, predicted: part.inside ? !part.inside[right] : null }));
      const steps = entries.filter((entry) => entry.fires).sort((x, y) => y.push - x.push);
      const goneAt = new Int32Array(ground.order).fill(steps.length + 1);
      let left = ground.order;
      const rest = silentPart(run, steps, ground.order);
      steps.forEach((entry, i) => {
        entry.fresh = [];
        if (entry.part.inside)
          for (let c = 0; c < ground.order; c++)
            if (entry.part.inside[c] && goneAt[c] > steps.length) {
              goneAt[c] = i + 1;
              entry.fresh.push(c);
            }
        left -= entry.fresh.length;
        entry.left = left;
      });
      const ranked = Array.from(run.logits, (value, c) => [value, c]).sort((x, y) => y[0] - x[0]);
      const answer = ranked[0][1];
      const margin = run.logits[right] - (answer === right ? (ranked[1]?.[0] ?? run.logits[right]) : ranked[0][0]);
      const order = Array.from({ length: ground.order }, (_, c) => c).sort((x, y) => goneAt[x] - goneAt[y] || (x === right) - (y === right) || run.logits[x] - run.logits[y] || x - y);
      return { run, right, answer, margin, entries, steps, goneAt, order, rest };
    }

    function stepTo(at) {
      step = Math.max(0, Math.min(state.steps.length, Number.isFinite(at) ? Math.round(at) : state.steps.length));
      slider.value = String(step);
      note({ a: pair[0], b: pair[1], step: step === 1 ? null : step, net: app.netParam() });
      drawSentence();
      drawStrip();
      drawLogits();
      for (const row of curtain.body.querySelectorAll("[data-step]")) row.classList.toggle("now", Number(row.dataset.step) === step);
      for (const row of firing.body.querySelectorAll("[data-step]")) row.classList.toggle("now", Number(row.dataset.step) === step);
    }

    function leftAfter(k) {
      return k === 0 ? ground.order : state.steps[k - 1].left;
    }

    function drawSentence() {
      if (!state.steps.length) return fill(sentence, "No part of the network fires on this pair.");
      if (step === 0) {
        const silent = state.entries.filter((entry) => entry.predicted === false).length;
        return fill(sentence, `Before anything fires, all ${count(ground.order)} elements are possible. ${plural(state.steps.length, "part")} will fire`, silent ? `; ${plural(silent, "circuit")} should stay silent, because ab lies in their coset.` : ".");
      }
      const entry = state.steps[step - 1];
      const { circuit } = entry.part;
      if (!circuit) return fill(sentence, `Step ${step} of ${state.steps.length}. `, el("b", {}, entry.part.title), ` speaks with ${plural(entry.part.neurons.length, "neuron")}. It rules no coset out; it adds to the logits below.`);
      const wrong = entry.part.inside[state.right];
      return fill(
        sentence,
        `Step ${step} of ${state.steps.length}. Circuit ${circuit.circuit} (${circuit.title}, `,
        circuit.neurons.slice(0, 6).flatMap((n, i) => [i ? ", " : "", el("a", { href: fragment("neurons", { n, net: app.netParam() }) }, `neuron ${n}`)]),
        circuit.neurons.length > 6 ? ", …" : "",
        ") fires, so it is not so that ",
        el("em", {}, circuit.words),
        `: ${plural(circuit.size, "element")} ruled out, ${entry.fresh.length} of them anew. `,
        el("b", {}, `${plural(entry.left, "element")} left`),
        entry.left > 0 && entry.left <= 8 ? [": ", state.order.filter((c) => state.goneAt[c] > step).map((c) => ground.labels[c]).join(", ")] : null,
        ".",
        wrong ? el("span", { class: "bad" }, " It should be silent here: the product lies in its coset.") : null,
      );
    }

    /** The strip's cells, once a pair; a step only fills those anew that it changes. */
    function layStrip() {
      const n = ground.order;
      const columns = n <= 24 ? n : n <= 200 ? 24 : 60;
      const cell = 720 / columns;
      const high = n <= 24 ? Math.min(cell, 44) : cell;
      const marks = { ink: ink("ink"), bad: ink("bad") };
      const cells = state.order.map((c, i) => {
        const [x, y] = [(i % columns) * cell, Math.floor(i / columns) * high + 1];
        const stroke = c === state.right ? marks.ink : c === state.answer ? marks.bad : "none";
        const title = svg("title", {}, `${ground.labels[c]}${c === state.right ? ", the product" : ""}${state.goneAt[c] > state.steps.length ? ", never ruled out" : `, ruled out at step ${state.goneAt[c]}`}`);
        return { c, x, y, fill: "", node: svg("rect", { x: x + 1, y: y + 1, width: cell - 2, height: high - 2, rx: Math.min(3, cell / 5), stroke, "stroke-width": 2.4 }, title) };
      });
      const labels = svg("g", { "aria-hidden": "true" });
      const picture = svg("svg", { viewBox: `0 0 720 ${Math.ceil(n / columns) * high + 2}`, role: "img" }, cells.map(({ node }) => node), labels);
      fill(strip.body, picture);
      return { cells, labels, picture, cell, high };
    }

    function drawStrip() {
      const { cells, labels, picture, cell, high } = laid;
      const n = ground.order;
      const left = leftAfter(step);
      const now = step > 0 ? shown(state.steps[step - 1].part.colour) : "";
      const colours = { gone: ink("faint"), left: ink("left"), soft: ink("soft") };
      const colourOf = (c) => (step > 0 && state.goneAt[c] === step ? now : state.goneAt[c] <= step ? colours.gone : colours.left);
      for (const each of cells) {
        const wanted = colourOf(each.c);
        if (each.fill !== wanted) each.node.setAttribute("fill", (each.fill = wanted));
      }
      const written = n <= 24 ? cells : cell > 26 && left <= 12 ? cells.filter(({ c }) => state.goneAt[c] > step) : [];
      fill(labels, written.map(({ c, x, y, fill: colour }) => svg("text", { x: x + cell / 2, y: y + high / 2 + 3.5, "text-anchor": "middle", "font-size": Math.min(11, cell / (0.62 * ground.labels[c].length)), fill: colour === colours.gone ? colours.soft : textOn(colour) }, ground.labels[c])));
      picture.setAttribute("aria-label", `${left} of ${n} elements are left after step ${step}`);
      strip.title(`What is left: ${count(left)} of ${count(n)}`);
      strip.note(el("span", { class: "key" }, swatch("left"), "possible ", step > 0 && state.steps[step - 1].part.inside ? [swatch(null, now), "ruled out now "] : null, swatch("faint"), "ruled out before ", el("span", { class: "swatch ring" }), `the product ${ground.labels[state.right]}`), " Elements stand in the order in which they go.");
      tell(`Step ${step}: ${left} elements left`);
    }

    function drawCurtain() {
      const { steps, order, goneAt, right } = state;
      curtain.node.hidden = empty || !steps.length;
      if (curtain.node.hidden) return;
      const height = Math.max(steps.length * CURTAIN_ROW, 20);
      const canvas = el("canvas", { width: ground.order, height: steps.length, class: "pixelated", "aria-hidden": "true", style: { width: "100%", height: `${height}px` } });
      const pen = canvas.getContext("2d");
      const colours = { again: ink("rule"), gone: ink("faint"), left: ink("left") };
      steps.forEach((entry, i) => {
        const now = shown(entry.part.colour);
        order.forEach((c, x) => {
          pen.fillStyle = goneAt[c] === i + 1 ? now : goneAt[c] > i ? colours.left : entry.part.inside?.[c] ? colours.again : colours.gone;
          pen.fillRect(x, i, 1, 1);
        });
      });
      const rowsOf = steps.map((entry, i) => el("button", { type: "button", class: "curtain-row", "data-step": i + 1, tabindex: "-1", style: { height: `${CURTAIN_ROW}px` }, title: `Step ${i + 1}: ${entry.part.title}`, "aria-label": `Step ${i + 1}: ${entry.part.title}`, onClick: () => stepTo(i + 1) }));
      fill(curtain.body, el("div", { class: "curtain", style: { height: `${height}px` } }, canvas, el("div", { class: "curtain-rows", "aria-hidden": "true" }, rowsOf)));
      curtain.note(`One row a step, one column an element, the product ${ground.labels[right]} at the right end. A colour marks the class of the circuit that rules an element out first.`);
    }

    function drawFiring() {
      const entries = [...state.steps, ...state.entries.filter((entry) => !entry.fires).sort((x, y) => y.push - x.push)];
      const most = Math.max(...entries.map((entry) => entry.push), 1e-9);
      const right = entries.filter((entry) => entry.predicted !== null && entry.fires === entry.predicted).length;
      const judged = entries.filter((entry) => entry.predicted !== null).length;
      const rows = entries.map((entry, i) => {
        const { part } = entry;
        const at = entry.fires ? i + 1 : null;
        const state_ = entry.fires ? (entry.predicted === false ? "fires, and should not" : "") : entry.predicted === false ? "silent: ab is in its coset" : "silent";
        const bar = svg("svg", { viewBox: "0 0 100 10", preserveAspectRatio: "none", class: "bar", "aria-hidden": "true" }, svg("rect", { width: Math.max(0, (100 * entry.push) / most), height: 10, fill: shown(part.colour) }));
        return el("li", {}, el("button", { type: "button", class: `fire ${entry.fires ? "" : "silent"}`, "data-step": at, onClick: at ? () => stepTo(at) : () => go("circuits", { c: part.circuit?.circuit, net: app.netParam() }) },
          el("span", { class: "fire-name" }, el("i", { class: "swatch", style: { background: shown(part.colour) } }), part.title, state_ ? el("small", { class: entry.fires ? "bad" : null }, ` ${state_}`) : null),
          bar, el("span", { class: "fire-push" }, number(entry.push, 1))));
      });
      fill(firing.body, el("ol", { class: "fires" }, rows));
      firing.note("Push: how far a circuit’s logits on its own coset are below those elsewhere. ", judged ? `${right} of ${judged} circuits do as predicted: silent if and only if ab is in their coset (silent is a push under ${percent(FIRES_AT, 0)} of the largest).` : "");
    }

    function drawLogits() {
      const sum = Float64Array.from(state.rest);
      for (const entry of state.steps.slice(0, step)) for (let c = 0; c < ground.order; c++) sum[c] += entry.logits[c];
      state.sum = sum;
      const top = Array.from(sum, (value, c) => [value, c]).sort((x, y) => y[0] - x[0]).slice(0, 10);
      const low = Math.min(...state.run.logits);
      const span = Math.max(Math.max(...state.run.logits) - low, 1e-9);
      const long = (value) => 230 * Math.max(0, Math.min(1.25, (value - low) / span));
      const picture = svg("svg", { viewBox: `0 0 420 ${top.length * 22 + 20}`, role: "img", "aria-label": `Largest logit at this step: ${ground.labels[top[0][1]]}` });
      top.forEach(([value, c], i) => {
        const y = i * 22 + 2;
        picture.append(
          svg("text", { x: 118, y: y + 14, "text-anchor": "end", "font-size": 12, fill: ink("ink"), "font-weight": c === state.right ? 700 : 400 }, ground.labels[c].slice(0, 18)),
          svg("rect", { x: 126, y: y + 3, width: long(value), height: 15, fill: c === state.right ? ink("ink") : ink("quiet") }),
          svg("text", { x: 132 + long(value), y: y + 14.5, "font-size": 11, fill: ink("soft") }, number(value, 2)),
        );
      });
      picture.append(svg("text", { x: 126, y: top.length * 22 + 15, "font-size": 11, fill: ink("soft") }, "logit, from the smallest of the network’s own"));
      fill(logits.body, picture);
      logits.note(step === state.steps.length ? "The network’s own logits." : `Bias and the parts that have spoken so far. In black, the product ${ground.labels[state.right]}.`);
    }

    function onKey(event) {
      if (event.target.matches("input, select, textarea")) return;
      if (event.key === "ArrowRight") stepTo(step + 1);
      else if (event.key === "ArrowLeft") stepTo(step - 1);
      else return;
      event.preventDefault();
    }

    function stripRows() {
      return [["element", "number", "ruled out at step", "logit"], ...state.order.map((c) => [ground.labels[c], c, state.goneAt[c] > state.steps.length ? null : state.goneAt[c], state.run.logits[c]])];
    }
    function curtainRows() {
      return [["step", "part", "coset", "push", "ruled out anew", "left"], ...state.steps.map((entry, i) => [i + 1, entry.part.id, entry.part.words, entry.push, entry.fresh.length, entry.left])];
    }
    function firingRows() {
      return [["part", "coset", "neurons", "push", "fires", "predicted to fire"], ...state.entries.map((entry) => [entry.part.id, entry.part.words, entry.part.neurons.join(" "), entry.push, entry.fires, entry.predicted])];
    }
    function logitRows() {
      return [["element", "logit at this step", "logit of the network"], ...Array.from(state.sum, (value, c) => [ground.labels[c], value, state.run.logits[c]])];
    }
    app.data = () => ({ a: ground.labels[pair[0]], b: ground.labels[pair[1]], product: ground.labels[state.right], answer: ground.labels[state.answer], steps: curtainRows(), logits: Object.fromEntries(Array.from(state.run.logits, (value, c) => [ground.labels[c], value])) });
  },
};

/** Logits of what never fires and of the bias, so that the steps end at the network's own. */
function silentPart(run, steps, order) {
  const rest = Float64Array.from(run.logits);
  for (const entry of steps) for (let c = 0; c < order; c++) rest[c] -= entry.logits[c];
  return rest;
}

/** The largest push of each part over sampled pairs. */
function scales(parts, network, ground) {
  const draw = random(7);
  const largest = parts.map(() => 1e-9);
  const model = network.trained;
  for (let i = 0; i < 96; i++) {
    const run = network.run(Math.floor(draw() * ground.order), Math.floor(draw() * ground.order));
    pushes(parts, run, model, ground.order).forEach(({ push }, k) => (largest[k] = Math.max(largest[k], push)));
  }
  return largest;
}

/** Pairs with the smallest margins among some hundreds. */
function closestCalls(network) {
  const draw = random(3);
  const found = [];
  for (let i = 0; i < 300; i++) {
    const [a, b] = [Math.floor(draw() * network.order), Math.floor(draw() * network.order)];
    const { logits } = network.run(a, b);
    const right = network.ground.product(a, b);
    let best = -Infinity;
    for (let c = 0; c < network.order; c++) if (c !== right && logits[c] > best) best = logits[c];
    found.push([logits[right] - best, a, b]);
  }
  return found.sort((x, y) => x[0] - y[0]).slice(0, 12).map(([, a, b]) => [a, b]);
}

function swatch(name, colour = null) {
  return el("i", { class: "swatch", style: { background: colour ?? ink(name) } });
}

function opening(app, parts) {
  const circuits = parts.filter((part) => part.inside).length;
  return [
    `This network finds products in ${app.net.ground.title} by exclusion. Each of its ${circuits} circuits watches one `,
    el("em", {}, "coset"),
    " (a block of elements, such as all that map 2 to 1). It is silent when the product lies in its coset; when it fires, the whole coset is ruled out. Step through and watch the answer be what is left.",
  ];
}

function openingWithout(app) {
  return `Cosets cover no neuron of this network on ${app.net.ground.title}, so nothing is ruled out here. What can be seen is which irreps speak, and how their logits add up to the answer.`;
}

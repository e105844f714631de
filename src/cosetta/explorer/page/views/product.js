/**
 * One product at a time: which circuits fire, which coset each rules out, and what is left.
 */
import { el, fill, tell } from "../dom.js";
import { count, number, plural } from "../format.js";
import { partsOf } from "../parts.js";
import { closestCalls, reason, scales } from "../reason.js";
import { fragment, note } from "../state.js";
import { curtainFigure } from "./curtain.js";
import { firingFigure } from "./firing.js";
import { logitsFigure } from "./logits.js";
import { stripFigure } from "./strip.js";

/** The front door. */
export const product = {
  id: "product",
  title: "One product",
  render(root, app, params) {
    const { ground, network, header } = app.net;
    const parts = partsOf(header, ground);
    const scale = (app.net.scale ??= scales(parts, network, ground));
    const touched = app.isTouched();
    let closest = null;
    let [pair, state, step, timer] = [null, null, 0, null];

    const inputs = ["a", "b"].map((name) => {
      const input = el("input", {
        id: `factor-${name}`,
        list: "elements",
        autocomplete: "off",
        spellcheck: "false",
        size: "12",
        "aria-label": `${name}, the ${name === "a" ? "left" : "right"} factor`,
        onChange: () => read(),
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
      el(
        "datalist",
        { id: "elements" },
        ground.labels.map((label) => el("option", { value: label })),
      ),
      el("button", { type: "button", onClick: () => show(...anyPair()) }, "another pair"),
      el(
        "button",
        { type: "button", class: "quiet", onClick: () => show(...worst()) },
        header.wrong.length ? "a wrong answer" : "a close call",
      ),
    );
    const equation = el("p", { class: "equation" });
    const verdict = el("p", { class: "verdict" });
    const sentence = el("p", { class: "step-sentence", "aria-live": "polite" });
    const slider = el("input", {
      type: "range",
      min: "0",
      value: "0",
      "aria-label": "Step",
      onInput: () => stepTo(Number(slider.value)),
    });
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
    const empty = parts.every((part) => !part.inside);
    const strip = stripFigure(ground, empty);
    const curtain = curtainFigure(ground, empty, stepTo);
    const firing = firingFigure(empty, app.netParam(), stepTo);
    const logits = logitsFigure(ground);

    fill(
      root,
      el("p", { class: "lede" }, empty ? openingWithout(app) : opening(app, parts)),
      touched &&
        el(
          "p",
          { class: "warning" },
          "This is the network as you changed it under ",
          el("a", { href: fragment("interventions") }, "Interventions"),
          ".",
        ),
      controls,
      problem,
      equation,
      verdict,
      el(
        "div",
        { class: "split product-split" },
        el("div", {}, stepper, sentence, strip.node, curtain.node),
        el("div", {}, firing.node, logits.node),
      ),
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
      state = reason(app.net, parts, scale, a, b);
      const { right, answer } = state;
      equation.classList.toggle("long", [a, b, right].some((x) => ground.labels[x].length > 40));
      const line = (x) => (ground.degree ? el("small", {}, ground.oneLine(x)) : null);
      fill(
        equation,
        [a, "·", b, "=", right].map((x) =>
          typeof x === "number"
            ? el("span", { class: "element" }, ground.labels[x], line(x))
            : el("span", { class: "op" }, x),
        ),
      );
      const correct = answer === right;
      fill(
        verdict,
        "The network answers ",
        el("strong", { class: correct ? null : "bad" }, ground.labels[answer]),
        correct
          ? `, which is right: ${number(state.margin)} above the next.`
          : `, which is wrong: the right answer is ${number(-state.margin)} below.`,
      );
      slider.max = String(state.steps.length);
      for (const each of [strip, firing, curtain]) each.lay(state);
      stepTo(at);
    }

    function stepTo(at) {
      step = Math.max(0, Math.min(state.steps.length, Number.isFinite(at) ? Math.round(at) : state.steps.length));
      slider.value = String(step);
      note({ a: pair[0], b: pair[1], step: step === 1 ? null : step, net: app.netParam() });
      drawSentence();
      strip.draw(step);
      logits.draw(state, step);
      curtain.mark(step);
      firing.mark(step);
      tell(`Step ${step}: ${leftAfter(step)} elements left`);
    }

    function leftAfter(k) {
      return k === 0 ? ground.order : state.steps[k - 1].left;
    }

    function drawSentence() {
      if (!state.steps.length) return fill(sentence, "No part of the network fires on this pair.");
      if (step === 0) {
        const silent = state.entries.filter((entry) => entry.predicted === false).length;
        return fill(
          sentence,
          `Before anything fires, all ${count(ground.order)} elements are possible. ${plural(state.steps.length, "part")} will fire`,
          silent ? `; ${plural(silent, "circuit")} should stay silent, because ab lies in their coset.` : ".",
        );
      }
      const entry = state.steps[step - 1];
      const { circuit } = entry.part;
      if (!circuit)
        return fill(
          sentence,
          `Step ${step} of ${state.steps.length}. `,
          el("b", {}, entry.part.title),
          ` speaks with ${plural(entry.part.neurons.length, "neuron")}. It rules no coset out; it adds to the logits below.`,
        );
      const wrong = entry.part.inside[state.right];
      return fill(
        sentence,
        `Step ${step} of ${state.steps.length}. Circuit ${circuit.circuit} (${circuit.title}, `,
        circuit.neurons
          .slice(0, 6)
          .flatMap((n, i) => [
            i ? ", " : "",
            el("a", { href: fragment("neurons", { n, net: app.netParam() }) }, `neuron ${n}`),
          ]),
        circuit.neurons.length > 6 ? ", …" : "",
        ") fires, so it is not so that ",
        el("em", {}, circuit.words),
        `: ${plural(circuit.size, "element")} ruled out, ${entry.fresh.length} of them anew. `,
        el("b", {}, `${plural(entry.left, "element")} left`),
        entry.left > 0 && entry.left <= 8
          ? [
              ": ",
              state.order
                .filter((c) => state.goneAt[c] > step)
                .map((c) => ground.labels[c])
                .join(", "),
            ]
          : null,
        ".",
        wrong ? el("span", { class: "bad" }, " It should be silent here: the product lies in its coset.") : null,
      );
    }

    function onKey(event) {
      if (event.target.matches("input, select, textarea")) return;
      if (event.key === "ArrowRight") stepTo(step + 1);
      else if (event.key === "ArrowLeft") stepTo(step - 1);
      else return;
      event.preventDefault();
    }

    app.data = () => ({
      a: ground.labels[pair[0]],
      b: ground.labels[pair[1]],
      product: ground.labels[state.right],
      answer: ground.labels[state.answer],
      steps: curtain.rows(),
      logits: Object.fromEntries(Array.from(state.run.logits, (value, c) => [ground.labels[c], value])),
    });
  },
};

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

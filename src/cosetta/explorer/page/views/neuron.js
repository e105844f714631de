/**
 * One neuron: its functions coloured by coset, its map over all pairs, its vector in the orbit, the inputs where it matters.
 */
import { cosetColour, ink, shown } from "../colours.js";
import { choices, el, fill, select } from "../dom.js";
import { figure } from "../figure.js";
import { number, percent, plural } from "../format.js";
import { inFrames } from "../frames.js";
import { pairMap } from "../map.js";
import { orbitFigure } from "../orbit.js";
import { fragment, go, note } from "../state.js";
import { histogram } from "../histogram.js";

/**
 * The pictures of a neuron.
 * @returns {{node: HTMLElement, data: () => object}}
 */
export function neuronDetail(app, row, params) {
  const { ground, network, header } = app.net;
  const n = row.neuron;
  const own = row.labels?.left?.subgroup ?? null;
  const fallback = header.circuits[0]?.left ?? null;
  const wanted = params.H === "none" ? null : (params.H ?? own ?? fallback);
  const isSubgroup =
    wanted !== null &&
    Number.isInteger(Number(wanted)) &&
    Number(wanted) >= 0 &&
    Number(wanted) < (ground.subgroupClass?.length ?? 0);
  const state = { H: isSubgroup ? Number(wanted) : null, what: params.what === "post" ? "post" : "pre" };
  const g = row.shared ?? 0;
  const values = (name) => network.trained[name].subarray(n * ground.order, (n + 1) * ground.order);

  const [histograms, map] = [el("div", { class: "figures three" }), el("div", {})];
  const pickers = el("div", { class: "controls" });
  const orbit = header.orbits.find((set) => set.neurons.some((each) => each.neuron === n));
  const node = el(
    "div",
    {},
    el(
      "div",
      { class: "neuron-head" },
      el("h3", {}, `Neuron ${n}`),
      row.kind === "dead" ? el("small", {}, "dead: it moves no logit") : null,
      el(
        "button",
        { type: "button", class: "quiet", onClick: () => switchOff() },
        app.net.change.off.has(n) ? "switch on again" : "switch off and look",
      ),
    ),
    el(
      "p",
      { class: "sentence" },
      row.sentence ? capital(row.sentence) : row.reason ? `Cosets do not cover it: ${row.reason}.` : "It says nothing.",
      ".",
    ),
    facts(),
    pickers,
    histograms,
    el("div", { class: "figures" }, map, orbit ? orbitFigure(orbit, n, app).node : null),
    matters(),
  );
  for (const text of node.querySelectorAll(".sentence")) text.textContent = text.textContent.replace(/\.\.$/, ".");
  let parts = null;
  draw();
  return {
    node,
    data: () => ({
      left: Array.from(values("left")),
      right: Array.from(values("right")),
      out: Array.from(values("out")),
      subgroup: state.H === null ? null : ground.subgroupName(state.H),
    }),
  };

  function switchOff() {
    const off = app.net.change.off;
    if (off.has(n)) off.delete(n);
    else off.add(n);
    go("interventions", { net: app.netParam() });
  }

  function facts() {
    const accounts = Object.keys(row.accounts);
    const entries = [
      ["strength", percent(row.strength)],
      ["silent on", `${percent(row.silent, 1)} of pairs`],
      [
        "irrep of left",
        `${ground.irreps.find((irrep) => irrep.name === row.irrep)?.title} ${percent(row.irrep_shares.left?.[row.irrep] ?? 0, 1)}`,
      ],
      ["rank 1: left, right, out", ["left", "right", "out"].map((name) => percent(row.rank[name], 0)).join(", ")],
      ["loss without it", `${number(row.without.loss)} nats`],
      ["accuracy without it", percent(row.without.accuracy)],
    ];
    if (row.covered)
      entries.push(
        ["leak in its coset", number(row.leak)],
        ["mirror residual", number(row.mirror_residual)],
        ["circuit", el("a", { href: fragment("circuits", { c: row.circuit, net: app.netParam() }) }, row.circuit)],
      );
    return el(
      "div",
      {},
      el(
        "dl",
        { class: "facts" },
        entries.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))),
      ),
      accounts.length
        ? el(
            "p",
            { class: "note" },
            `Covered by ${plural(accounts.length, "account")}: `,
            accounts.map((id, i) => [
              i ? "; " : "",
              el(
                "a",
                { href: fragment("accounts", { id, net: app.netParam() }) },
                header.accounts.find((each) => each.id === id)?.title ?? id,
              ),
              row.accounts[id] ? ` (${row.accounts[id]})` : "",
            ]),
            ".",
          )
        : null,
    );
  }

  function draw() {
    drawPickers();
    parts = state.H === null ? null : partition();
    const isOwn = own !== null && state.H === own;
    const name = parts ? ground.subgroupName(state.H) : "";
    const K = parts ? ground.subgroupName(parts.K) : "";
    const drawnOnes = [
      ["left", "left(a)", parts?.left, parts ? `by the right cosets Ha, H = ${name}` : ""],
      ["right", "right(b)", parts?.right, parts ? `by the left cosets bK, K = ${K}` : ""],
      [
        "out",
        "out(c)",
        parts?.out,
        parts && isOwn ? "in colour: the shared coset C" : parts ? `by the right cosets Hc` : "",
      ],
    ].map(([key, title, colouring, text]) => {
      const drawn = figure({
        name: `neuron-${n}-${key}`,
        title,
        note: text,
        rows: () => [
          ["element", key, "coset"],
          ...Array.from(values(key), (value, i) => [ground.labels[i], value, colouring ? colouring.of[i] : null]),
        ],
      });
      const holder = el("div", { class: "histogram" });
      fill(drawn.body, holder);
      inFrames(holder, drawnLater(holder, () => histogram(values(key), colouring, title)));
      return drawn.node;
    });
    fill(histograms, drawnOnes);
    drawMap();
  }

  function drawMap() {
    const name = parts ? ground.subgroupName(state.H) : "";
    fill(
      map,
      pairMap({ network, n, what: state.what, parts, ground, isOwn: own !== null && state.H === own, name }).node,
    );
  }

  function drawPickers() {
    const cls = state.H === null ? null : ground.classes[ground.subgroupClass[state.H]];
    const set = (H) => {
      state.H = H === "none" ? null : Number(H);
      note({ H: H === "none" ? H : state.H === own ? null : state.H });
      draw();
    };
    fill(
      pickers,
      select(
        "order by the cosets of",
        [
          ["none", "no subgroup: by number"],
          ...ground.classes.map((each) => [each.first, `${each.title}  (index ${each.index})`]),
        ],
        cls?.first ?? "none",
        set,
      ),
      (cls?.conjugates ?? 1) > 1
        ? select(
            "conjugate",
            Array.from({ length: cls.conjugates }, (_, i) => [
              cls.first + i,
              `#${i + 1}${cls.generators[i] ? `  ⟨${cls.generators[i]}⟩` : ""}`,
            ]),
            state.H,
            set,
          )
        : null,
      own !== null && state.H !== own
        ? el(
            "button",
            { type: "button", class: "quiet", onClick: () => set(own) },
            `back to ${ground.subgroupName(own)}`,
          )
        : null,
      choices(
        "What the map shows",
        [
          ["pre", "pre-activation"],
          ["post", "post-activation"],
        ],
        state.what,
        (what) => {
          state.what = what;
          note({ what: what === "pre" ? null : what });
          drawMap();
        },
      ),
    );
  }

  /** Cosets of H for left, and the cosets of K = g⁻¹Hg that lie opposite for right: coset i of both gives products in C. */
  function partition() {
    const K = row.shared === undefined ? state.H : ground.conjugate(state.H, g);
    const [byLeft, byRight] = [ground.cosets(state.H, "right"), ground.cosets(K, "left")];
    const count = byLeft.first.length;
    const means = new Float64Array(count);
    const left = values("left");
    for (let a = 0; a < ground.order; a++) means[byLeft.of[a]] += left[a] / byLeft.size;
    const rank = new Uint16Array(count);
    Array.from(means, (mean, i) => [mean, i])
      .sort((x, y) => x[0] - y[0])
      .forEach(([, i], place) => (rank[i] = place));
    const opposite = new Uint16Array(count);
    byLeft.first.forEach((a, i) => (opposite[byRight.of[ground.product(ground.inverse[a], g)]] = rank[i]));
    const colours = Array.from({ length: count }, (_, i) => cosetColour(i, count));
    const isOwn = own !== null && state.H === own;
    const inC = byLeft.of[g];
    const outOf = isOwn
      ? Uint16Array.from(byLeft.of, (number) => (number === inC ? 1 : 0))
      : Uint16Array.from(byLeft.of, (number) => rank[number]);
    const cls = ground.classes[ground.subgroupClass[state.H]];
    return {
      K,
      count,
      left: { of: Uint16Array.from(byLeft.of, (number) => rank[number]), colours },
      right: { of: Uint16Array.from(byRight.of, (number) => opposite[number]), colours },
      out: isOwn ? { of: outOf, colours: [ink("quiet"), shown(cls.colour)] } : { of: outOf, colours },
    };
  }

  /** The table of inputs, a moment after the pictures: it looks at all pairs. */
  function matters() {
    const drawn = figure({
      name: `neuron-${n}-inputs`,
      title: "Where it matters",
      note: "Pairs that it helps or hurts most: its part of the logit of the product, less its mean part of the others.",
      rows: () => [
        ["a", "b", "product", "post-activation", "effect"],
        ...[...helped, ...hurt].map(([effect, a, b, post]) => [
          ground.labels[a],
          ground.labels[b],
          ground.labels[ground.product(a, b)],
          post,
          effect,
        ]),
      ],
    });
    let [helped, hurt] = [[], []];
    inFrames(drawn.body, listed());
    return drawn.node;

    function* listed() {
      [helped, hurt] = yield* extremePairs();
      fill(
        drawn.body,
        el(
          "table",
          {},
          el(
            "thead",
            {},
            el(
              "tr",
              {},
              ["pair", "product", "fires", "effect"].map((head, i) =>
                el("th", { scope: "col", class: i > 1 ? "n" : null }, head),
              ),
            ),
          ),
          el("tbody", {}, helped.slice(0, 6).map(line), hurt.slice(-4).map(line)),
        ),
      );
    }
  }

  function line([effect, a, b, post]) {
    return el(
      "tr",
      {},
      el(
        "td",
        {},
        el(
          "a",
          { href: fragment("product", { a, b, net: app.netParam() }) },
          `${ground.labels[a]} · ${ground.labels[b]}`,
        ),
      ),
      el("td", {}, ground.labels[ground.product(a, b)]),
      el("td", { class: "n" }, number(post)),
      el("td", { class: "n" }, number(effect)),
    );
  }

  /** Pairs that the neuron helps most, and those that it hurts most, the worst last. */
  function* extremePairs() {
    const { order } = ground;
    const out = values("out");
    const mean = out.reduce((sum, x) => sum + x, 0) / order;
    const [best, worst] = [extremes(50), extremes(50)];
    const [left, right, scale] = [values("left"), values("right"), order / Math.max(1, order - 1)];
    for (let a = 0; a < order; a++) {
      if (a % 16 === 15) yield;
      for (let b = 0; b < order; b++) {
        const post = network.act(left[a] + right[b]);
        if (post === 0) continue;
        const effect = post * (out[ground.table[a * order + b]] - mean) * scale;
        if (effect > best.bar) best.add(effect, [effect, a, b, post]);
        if (-effect > worst.bar) worst.add(-effect, [effect, a, b, post]);
      }
    }
    return [best.sorted(), worst.sorted().reverse()];
  }
}

function* drawnLater(holder, picture) {
  fill(holder, picture());
}

/** The entries with the largest keys, `most` of them; a key that is not above `bar` cannot enter. */
function extremes(most) {
  let kept = [];
  const state = {
    bar: -Infinity,
    add(key, entry) {
      kept.push([key, entry]);
      if (kept.length < 20 * most) return;
      kept = kept.sort((x, y) => y[0] - x[0]).slice(0, most);
      state.bar = kept[most - 1][0];
    },
    sorted: () =>
      kept
        .sort((x, y) => y[0] - x[0])
        .slice(0, most)
        .map(([, entry]) => entry),
  };
  return state;
}

function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/**
 * The arena's table for this network, or for two beside each other, and each account with its ideal one click away.
 */
import { shown } from "../colours.js";
import { el, fill } from "../dom.js";
import { figure } from "../figure.js";
import { count, number, percent, plural } from "../format.js";
import { fragment, go, note } from "../state.js";
import { table } from "../table.js";

/** The view. */
export const accounts = {
  id: "accounts",
  title: "Accounts",
  render(root, app, params) {
    const detail = el("div", {});
    const both = app.nets.length > 1;
    fill(
      root,
      el("p", { class: "lede" }, both ? opening(app) : app.net.header.summary.best),
      el(
        "div",
        { class: both ? "beside" : "" },
        app.nets.map((net, i) =>
          el(
            "section",
            { "aria-label": net.header.name },
            both
              ? el(
                  "h3",
                  {},
                  net.header.name,
                  " ",
                  el(
                    "small",
                    {},
                    `accuracy ${percent(net.header.summary.accuracy)}, loss ${number(net.header.summary.loss)}`,
                  ),
                )
              : null,
            tableOf(app, net, i, open).node,
          ),
        ),
      ),
      el(
        "p",
        { class: "note" },
        "Alone: only what the account says, the other neurons at their mean. Recovered: share of the loss between a silent network and this one. Control: the same with wrong content of equal size. ",
        el("b", {}, "Holds"),
        ": above the bar and above every control.",
      ),
      detail,
      both
        ? el(
            "div",
            { class: "beside" },
            app.nets.map((net) => classesOf(net)),
          )
        : null,
    );
    const { header } = app.net;
    const first = header.accounts.some((account) => account.id === params.id)
      ? params.id
      : header.arena?.best || header.accounts[0]?.id;
    if (first) open(first, app.at);
    app.data = () =>
      app.nets.map((net) => ({ network: net.header.name, accounts: net.header.accounts, arena: net.header.arena }));

    function open(id, i) {
      const net = app.nets[i];
      const account = net.header.accounts.find((each) => each.id === id);
      note({ id, net: both ? i : null });
      const try_ = (mode) => {
        app.at = i;
        net.change.ideal = id;
        net.change.mode = mode;
        go("interventions", { net: both ? i : null });
      };
      const has = net.network.ideals[id];
      fill(
        detail,
        el(
          "div",
          { class: "account" },
          el("h3", {}, account.title, both ? ` in ${net.header.name}` : ""),
          el("p", {}, account.claim, "."),
          el("p", { class: "note" }, account.source),
          account.refused ? el("p", { class: "bad" }, `Not stated here: ${account.refused}`) : null,
          has
            ? el(
                "p",
                {},
                el(
                  "button",
                  { type: "button", onClick: () => try_("kept") },
                  "put its ideal in the place of the weights",
                ),
                " ",
                el("button", { type: "button", onClick: () => try_("alone") }, "its ideal alone"),
              )
            : el(
                "p",
                { class: "note" },
                net.header.ideals_left_out.includes(id) ? "Its ideal is left out to keep the page small." : "",
              ),
          el(
            "ul",
            {},
            account.predictions.map((prediction) =>
              el("li", {}, prediction.text, el("small", {}, ` — ${prediction.rule}`)),
            ),
          ),
          account.covered && account.covered < account.live
            ? el(
                "details",
                {},
                el("summary", {}, `The ${plural(account.live - account.covered, "neuron")} that it leaves open`),
                el(
                  "ul",
                  {},
                  Object.entries(account.reasons)
                    .slice(0, 40)
                    .map(([n, reason]) =>
                      el(
                        "li",
                        {},
                        el("a", { href: fragment("neurons", { n, net: both ? i : null }) }, `neuron ${n}`),
                        `: ${reason}`,
                      ),
                    ),
                ),
              )
            : null,
        ),
      );
    }
  },
};

function opening(app) {
  const [one, other] = app.nets.map((net) => net.header);
  const groups = [...new Set(app.nets.map((net) => net.ground.title))].join(" and ");
  return `Two networks on ${groups}, the same accounts, the same protocol. ${one.name}: ${one.summary.best} ${other.name}: ${other.summary.best}`;
}

function tableOf(app, net, i, open) {
  const { header } = net;
  const alone = (row) => row.contests.alone ?? null;
  return table({
    name: `${header.name}-accounts`,
    label: `accounts of ${header.name}`,
    rows: header.accounts,
    key: (row) => row.id,
    sort: "bits",
    descending: false,
    onChoose: (row) => open(row.id, i),
    columns: [
      {
        id: "title",
        title: "account",
        primary: true,
        value: (row) => row.title,
        show: (row) => [row.title, row.id === header.arena?.best ? el("small", {}, " best") : null],
      },
      app.nets.length === 1 && {
        id: "covered",
        title: "neurons",
        numeric: true,
        value: (row) => row.covered,
        show: (row) => `${row.covered}/${row.live}`,
      },
      {
        id: "strength",
        title: "strength",
        numeric: true,
        value: (row) => row.strength,
        show: (row) => percent(row.strength, 1),
      },
      {
        id: "bits",
        title: "bits",
        numeric: true,
        value: (row) => row.bits,
        show: (row) => count(Math.round(row.bits)),
      },
      {
        id: "accuracy",
        title: "accuracy alone",
        numeric: true,
        value: (row) => alone(row)?.accuracy ?? null,
        show: (row) => percent(alone(row)?.accuracy),
      },
      {
        id: "recovered",
        title: "recovered",
        numeric: true,
        value: (row) => alone(row)?.recovered ?? null,
        show: (row) => percent(alone(row)?.recovered, 1),
      },
      {
        id: "control",
        title: "control",
        numeric: true,
        value: (row) => alone(row)?.control?.recovered ?? null,
        show: (row) => percent(alone(row)?.control?.recovered, 1),
      },
      {
        id: "fidelity",
        title: "fidelity",
        numeric: true,
        value: (row) => alone(row)?.fidelity ?? null,
        show: (row) => percent(alone(row)?.fidelity, 1),
      },
      { id: "verdict", title: "verdict", value: (row) => (row.refused ? "not stated" : (alone(row)?.verdict ?? "")) },
    ].filter(Boolean),
  });
}

/** Neurons by class, for two networks beside each other. */
function classesOf({ header, ground }) {
  const counts = new Map();
  for (const row of header.neurons) {
    const name = row.kind === "dead" ? "dead" : row.covered ? row.labels.left.name : "not covered";
    const entry = counts.get(name) ?? { neurons: 0, strength: 0 };
    counts.set(name, { neurons: entry.neurons + 1, strength: entry.strength + row.strength });
  }
  const rows = [...counts].sort((x, y) => y[1].strength - x[1].strength);
  const drawn = figure({
    name: `${header.name}-classes`,
    title: `${header.name}: who does the work`,
    rows: () => [
      ["class", "neurons", "strength"],
      ...rows.map(([name, { neurons, strength }]) => [name, neurons, strength]),
    ],
  });
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
          el("th", { scope: "col" }, "class"),
          el("th", { scope: "col", class: "n" }, "neurons"),
          el("th", { scope: "col", class: "n" }, "strength"),
        ),
      ),
      el(
        "tbody",
        {},
        rows.map(([name, { neurons, strength }]) => {
          const cls = ground.classes.find((each) => each.name === name);
          return el(
            "tr",
            {},
            el(
              "th",
              { scope: "row" },
              cls ? el("i", { class: "swatch", style: { background: shown(cls.colour) } }) : null,
              cls?.title ?? name,
            ),
            el("td", { class: "n" }, neurons),
            el("td", { class: "n" }, percent(strength)),
          );
        }),
      ),
    ),
  );
  return drawn.node;
}

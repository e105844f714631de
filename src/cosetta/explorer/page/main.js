/**
 * The page: networks unpacked, a view chosen by the address, drawn again when the theme changes.
 */
import { isDark } from "./colours.js";
import { el, fill, tell } from "./dom.js";
import { Ground } from "./ground.js";
import { Network, UNTOUCHED } from "./network.js";
import { save } from "./save.js";
import { fragment, place } from "./state.js";
import { unpack } from "./unpack.js";
import { accounts } from "./views/accounts.js";
import { circuits } from "./views/circuits.js";
import { interventions } from "./views/interventions.js";
import { lattice } from "./views/lattice.js";
import { neurons } from "./views/neurons.js";
import { product } from "./views/product.js";
import { training } from "./views/training.js";

const VIEWS = [product, neurons, lattice, circuits, interventions, accounts, training];

/** What every view is given. */
const app = {
  nets: [],
  at: 0,
  data: () => ({}),
  get net() {
    return this.nets[this.at];
  },
  /** Number of the network for the address; nothing where there is one only. */
  netParam() {
    return this.nets.length > 1 ? this.at : null;
  },
  isTouched() {
    const { change } = this.net;
    return (
      change.off.size > 0 ||
      change.ideal !== "" ||
      change.noise > 0 ||
      change.shift !== 0 ||
      change.flipLeft ||
      change.flipRight
    );
  },
};

async function open() {
  for (const node of document.querySelectorAll("script[type='application/octet-stream']")) {
    const sidecar = await unpack(node.textContent);
    const ground = new Ground(sidecar);
    app.nets.push({
      header: sidecar.header,
      arrays: sidecar.arrays,
      ground,
      network: new Network(sidecar, ground),
      change: { ...UNTOUCHED, off: new Set() },
    });
    node.remove();
  }
  document.title = `${app.nets.map((net) => net.header.name).join(" and ")} – Cosetta explorer`;
  addEventListener("hashchange", draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  draw();
  document.documentElement.dataset.ready = "yes";
}

/** A view's root, made anew so that no listener of another view is left on it. */
function draw() {
  const { view: id, params } = place();
  const view = VIEWS.find((candidate) => candidate.id === id) ?? product;
  const net = Number(params.net ?? app.at);
  app.at = app.nets[net] ? net : 0;
  app.data = () => app.net.header.summary;
  drawHead(view);
  const root = el("div", { class: `view view-${view.id}`, id: "view" });
  const began = performance.now();
  document.getElementById("view").replaceWith(root);
  const title = el("h2", { class: "view-title", tabindex: "-1" }, view.title);
  const content = el("div", {});
  root.append(title, content);
  view.render(content, app, params);
  document.documentElement.dataset.milliseconds = (performance.now() - began).toFixed(1);
  if (document.documentElement.dataset.view !== view.id) scrollTo(0, 0);
  document.documentElement.dataset.view = view.id;
  tell(`${view.title}`);
}

function drawHead(view) {
  const { header, ground } = app.net;
  fill(
    document.getElementById("networks"),
    app.nets.length > 1
      ? app.nets.map((net, i) =>
          el(
            "a",
            { class: "network", href: fragment(view.id, { net: i }), "aria-current": i === app.at ? "true" : null },
            net.header.name,
          ),
        )
      : el("span", { class: "network" }, header.name),
    el("span", { class: "about" }, `${ground.title}, ${header.summary.width} neurons`),
  );
  fill(
    document.getElementById("tabs"),
    VIEWS.map((each) =>
      el(
        "a",
        { href: fragment(each.id, { net: app.netParam() }), "aria-current": each === view ? "page" : null },
        each.title,
      ),
    ),
  );
  document.querySelector("#tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

document.getElementById("data").addEventListener("click", () => {
  const { view } = place();
  save(
    `${app.net.header.name}-${view || product.id}.json`.replace(/[^\w.-]+/g, "_"),
    JSON.stringify(app.data(), null, 1),
    "application/json",
  );
});
document.getElementById("theme").addEventListener("click", () => {
  const root = document.documentElement;
  root.dataset.theme = isDark() ? "light" : "dark";
  draw();
});
open().catch((error) => {
  fill(
    document.getElementById("view"),
    el(
      "p",
      { class: "problem", role: "alert" },
      `This page could not be read: ${error.message}. It needs a browser of 2023 or later.`,
    ),
  );
  throw error;
});

/**
 * Where the reader is: a view and its parameters, in the fragment of the address, so that every view can be linked to.
 *
 *   #/neurons?n=17&H=12
 *
 * The report names neurons, circuits and classes in a shorter way: #neuron=17, #circuit=3, #class=S4.
 */

const SHORT = { neuron: ["neurons", "n"], circuit: ["circuits", "c"], class: ["lattice", "class"] };

/** The place that the address names. */
export function place() {
  const [, name, value] = location.hash.match(/^#(neuron|circuit|class)=(.*)$/) ?? [];
  if (name) return { view: SHORT[name][0], params: { [SHORT[name][1]]: decoded(value) } };
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  return { view: path, params: Object.fromEntries(new URLSearchParams(query)) };
}

/** The fragment of a place; parameters that are empty are left out. */
export function fragment(view, params = {}) {
  const kept = Object.entries(params).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  const query = new URLSearchParams(kept).toString();
  return `#/${view}${query ? `?${query}` : ""}`;
}

/** Go to a place, as a link would. */
export function go(view, params = {}) {
  location.hash = fragment(view, params);
}

/** Note parameters of the present view in the address without a step back: for sliders and steps. */
export function note(params) {
  const here = place();
  const target = fragment(here.view, { ...here.params, ...params });
  if (target !== location.hash) history.replaceState(null, "", target);
}

/** What an address has written with per cents; what is written wrongly stays as it is. */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * The parts of a network that speak on a product: its circuits, and the neurons of no circuit by irrep.
 */

/** Share of a part's largest push, over sampled pairs, at which it fires. */
export const FIRES_AT = 0.05;

/**
 * The parts.
 * @returns {Array<{id: string, title: string, words: string, neurons: number[], circuit: object|null, inside: Uint8Array|null,
 *   colour: string}>} `inside` says which elements lie in the circuit's coset
 */
export function partsOf(header, ground) {
  const parts = header.circuits.map((circuit) => {
    const cosets = ground.cosets(circuit.left, "right").of;
    return {
      id: `circuit ${circuit.circuit}`,
      title: `${circuit.title}: ${circuit.words}`,
      words: circuit.words,
      neurons: circuit.neurons,
      circuit,
      inside: Uint8Array.from(cosets, (number) => (number === cosets[circuit.representative] ? 1 : 0)),
      colour: ground.classes[ground.subgroupClass[circuit.left]].colour,
    };
  });
  const used = new Set(parts.flatMap((part) => part.neurons));
  const colours = new Map(ground.irreps.map((irrep) => [irrep.name, irrep]));
  const loose = new Map();
  for (const neuron of header.neurons)
    if (neuron.kind === "live" && !used.has(neuron.neuron)) {
      if (!loose.has(neuron.irrep)) loose.set(neuron.irrep, []);
      loose.get(neuron.irrep).push(neuron.neuron);
    }
  for (const [name, neurons] of loose) {
    const irrep = colours.get(name);
    parts.push({
      id: `irrep ${name}`,
      title: `${irrep.title}, in no circuit`,
      words: "",
      neurons,
      circuit: null,
      inside: null,
      colour: irrep.colour,
    });
  }
  return parts;
}

/**
 * How hard each part pushes for one pair: how much its logits off its coset are above those on it; for a part without a
 * coset, how far apart its logits are.
 */
export function pushes(parts, run, model, order) {
  const column = new Map(run.ids.map((n, i) => [n, i]));
  return parts.map((part) => {
    const logits = new Float32Array(order);
    let post = 0;
    for (const n of part.neurons) {
      const i = column.get(n);
      if (i === undefined || run.post[i] === 0) continue;
      post += Math.abs(run.post[i]);
      for (let c = 0; c < order; c++) logits[c] += run.post[i] * model.out[i * order + c];
    }
    return { push: part.inside ? contrast(logits, part.inside) : spread(logits), post, logits };
  });
}

function contrast(logits, inside) {
  let [on, off, size] = [0, 0, 0];
  for (let c = 0; c < logits.length; c++) {
    if (inside[c]) {
      on += logits[c];
      size++;
    } else off += logits[c];
  }
  return size === logits.length ? 0 : off / (logits.length - size) - on / size;
}

function spread(logits) {
  const mean = logits.reduce((sum, x) => sum + x, 0) / logits.length;
  return Math.sqrt(logits.reduce((sum, x) => sum + (x - mean) ** 2, 0) / logits.length);
}

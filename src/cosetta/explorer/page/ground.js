/**
 * The group: products, cosets, and elements as people write them.
 */

/** A group with its subgroups, from a sidecar. Elements are numbers, 0 is the identity. */
export class Ground {
  constructor({ header, arrays }) {
    const group = header.group;
    Object.assign(this, { name: group.name, title: group.title, order: group.order, labels: group.labels });
    this.irreps = group.irreps;
    this.elementClasses = group.element_classes;
    this.elementClass = arrays.element_class.values;
    this.table = arrays.table.values;
    this.classes = header.lattice?.classes ?? [];
    this.covers = header.lattice?.covers ?? [];
    this.bends = header.lattice?.bends ?? [];
    this.subgroupClass = arrays.subgroup_class?.values;
    this.packed = arrays.members?.values;
    const permutations = arrays.permutations;
    this.permutations = permutations?.values;
    this.degree = permutations?.shape[1] ?? 0;
    this.inverse = new Uint16Array(this.order);
    for (let a = 0; a < this.order; a++)
      for (let b = 0; b < this.order; b++) if (this.product(a, b) === 0) this.inverse[a] = b;
    this.byLabel = new Map(this.labels.map((label, i) => [plain(label), i]));
    this.cosetsKnown = new Map();
  }

  /** The product ab; for permutations b acts first. */
  product(a, b) {
    return this.table[a * this.order + b];
  }

  /** The element as one line, or an empty string: for permutations only. */
  oneLine(a) {
    if (!this.degree) return "";
    const images = Array.from(this.permutations.subarray(a * this.degree, (a + 1) * this.degree), (x) => x + 1);
    return `[${images.join(this.degree > 9 ? " " : "")}]`;
  }

  /** Elements of a subgroup, ascending. */
  members(position) {
    const bytes = Math.ceil(this.order / 8);
    const found = [];
    for (let g = 0; g < this.order; g++) if (this.packed[position * bytes + (g >> 3)] & (128 >> (g & 7))) found.push(g);
    return found;
  }

  /**
   * Cosets of a subgroup, numbered by their smallest element.
   * @param {number} position of the subgroup
   * @param {"left"|"right"} side aH on the left, Ha on the right
   * @returns {{of: Uint16Array, first: number[], size: number}} number of each element's coset
   */
  cosets(position, side) {
    const key = `${position}${side}`;
    if (!this.cosetsKnown.has(key)) {
      const H = this.members(position);
      const of = new Uint16Array(this.order).fill(65535);
      const first = [];
      for (let a = 0; a < this.order; a++) {
        if (of[a] !== 65535) continue;
        for (const h of H) of[side === "left" ? this.product(a, h) : this.product(h, a)] = first.length;
        first.push(a);
      }
      this.cosetsKnown.set(key, { of, first, size: H.length });
    }
    return this.cosetsKnown.get(key);
  }

  /** Position of g⁻¹Hg, for H at a position of the lattice. */
  conjugate(position, g) {
    const wanted = this.members(position)
      .map((h) => this.product(this.product(this.inverse[g], h), g))
      .sort((x, y) => x - y);
    const cls = this.classes[this.subgroupClass[position]];
    for (let i = cls.first; i < cls.first + cls.conjugates; i++) {
      const found = this.members(i);
      if (found.every((x, k) => x === wanted[k])) return i;
    }
    return position;
  }

  /** Name of one subgroup, such as S₄#2; the number is left out where there is one only. */
  subgroupName(position) {
    const cls = this.classes[this.subgroupClass[position]];
    return cls.conjugates > 1 ? `${cls.title}#${position - cls.first + 1}` : cls.title;
  }

  /**
   * Read an element: a label, cycles, one line, `#12` for the element with number 12, or a product of these with `*`
   * and powers, such as `(12)*(123)^-1`.
   * @param {string} text
   * @returns {number}
   * @throws {Error} with one line that says what was not understood
   */
  read(text) {
    const whole = this.byLabel.get(plain(text));
    if (whole !== undefined) return whole;
    const factors = text.split(/[*·]/).map((part) => part.trim());
    if (factors.some((part) => !part)) throw new Error(`an element of ${this.title} must be named; got “${text}”`);
    return factors.map((part) => this.power(part)).reduce((a, b) => this.product(a, b));
  }

  power(text) {
    const [, atom, exponent] = text.match(/^(.*?)(?:\^\s*(-?\d{1,6}))?$/s);
    const base = this.atom(atom.trim());
    let times = exponent === undefined ? 1 : Number(exponent);
    const factor = times < 0 ? this.inverse[base] : base;
    let found = 0;
    for (times = Math.abs(times) % this.order; times > 0; times--) found = this.product(found, factor);
    return found;
  }

  atom(text) {
    const known = this.byLabel.get(plain(text));
    if (known !== undefined) return known;
    if (/^#\d+$/.test(text) && Number(text.slice(1)) < this.order) return Number(text.slice(1));
    const images = this.degree ? this.images(text) : null;
    if (images) {
      const key = images.join();
      for (let a = 0; a < this.order; a++)
        if (this.permutations.subarray(a * this.degree, (a + 1) * this.degree).join() === key) return a;
    }
    const example = this.labels[Math.min(this.order - 1, 1)];
    throw new Error(`no element of ${this.title} is written “${text.slice(0, 40)}”; write one like ${example} or #1`);
  }

  /** Images (from 0) of a permutation in cycles or in one line, or null. */
  images(text) {
    const points = (inside) =>
      (/^\d+$/.test(inside) && this.degree < 10 ? [...inside] : (inside.match(/\d+/g) ?? [])).map((x) => x - 1);
    const isPoint = (x) => x >= 0 && x < this.degree;
    if (/^\s*(\([\d\s,]*\)\s*)+$/.test(text)) {
      let images = Array.from({ length: this.degree }, (_, i) => i);
      for (const [, inside] of [...text.matchAll(/\(([\d\s,]*)\)/g)].reverse()) {
        const cycle = points(inside.trim());
        if (!cycle.every(isPoint) || new Set(cycle).size < cycle.length) return null;
        images = images.map((x) => (cycle.includes(x) ? cycle[(cycle.indexOf(x) + 1) % cycle.length] : x));
      }
      return images;
    }
    const images = points(text.replace(/[[\]]/g, "").trim());
    return images.length === this.degree && images.every(isPoint) && new Set(images).size === this.degree
      ? images
      : null;
  }
}

function plain(label) {
  return label.replace(/\s+/g, "");
}

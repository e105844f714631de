/**
 * Elements without markup: text is always text, so a label with a tag in it is a label.
 */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an HTML element.
 * @param {string} tag
 * @param {Object} [attributes] `onClick` and the like are listeners, `style` is an object, null and false are left out
 * @param {...(Node|string|number|null|Array)} children text becomes text nodes
 */
export function el(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** Make an SVG element, as `el`. */
export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2).toLowerCase(), value);
    else if (name === "style") for (const [key, v] of Object.entries(value)) node.style.setProperty(key, v);
    else if (name === "value") node.value = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Replace what a node holds. */
export function fill(node, ...children) {
  node.replaceChildren(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
  );
  return node;
}

let told = null;

/** Tell a screen reader, and nobody else, what changed. */
export function tell(text) {
  told ??= document.getElementById("told");
  told.textContent = text;
}

/** A button that is one of several choices. */
export function choice(label, chosen, onClick, attributes = {}) {
  return el(
    "button",
    { type: "button", class: "choice", "aria-pressed": String(chosen), onClick, ...attributes },
    label,
  );
}

/** A row of choices of which one is chosen; `options` are [value, label] pairs. */
export function choices(name, options, chosen, onChoose) {
  const row = el("div", { class: "choices", role: "group", "aria-label": name });
  const draw = (value) =>
    fill(
      row,
      options.map(([key, label]) =>
        choice(label, key === value, () => {
          draw(key);
          row.querySelector('[aria-pressed="true"]').focus();
          onChoose(key);
        }),
      ),
    );
  draw(chosen);
  row.choose = draw;
  return row;
}

/** A select with a label before it; `options` are [value, label] pairs. */
export function select(label, options, chosen, onChange) {
  const input = el(
    "select",
    { onChange: () => onChange(input.value) },
    options.map(([value, text]) => el("option", { value, selected: String(value) === String(chosen) }, text)),
  );
  return el("label", { class: "field" }, el("span", {}, label), input);
}

/**
 * Colours, each scheme with one meaning: a subgroup class and an irrep have the report's colours, cosets run along
 * viridis, signed values between blue and red.
 */

const VIRIDIS = [
  [68, 1, 84],
  [72, 35, 116],
  [64, 67, 135],
  [52, 94, 141],
  [41, 120, 142],
  [32, 144, 140],
  [34, 167, 132],
  [68, 190, 112],
  [121, 209, 81],
  [189, 222, 38],
  [223, 227, 24],
];
const DARK = JSON.parse(document.documentElement.dataset.dark);
const PREFERS_DARK = matchMedia("(prefers-color-scheme: dark)");
const COLD = [33, 102, 172];
const WARM = [178, 24, 43];

/** Whether the page is dark now. */
export function isDark() {
  const forced = document.documentElement.dataset.theme;
  return forced ? forced === "dark" : PREFERS_DARK.matches;
}

const inks = new Map();

/** The value of a colour variable of the style sheet; asked of the browser once for each theme, since asking costs a layout. */
export function ink(name) {
  const key = `${name} ${isDark()}`;
  if (!inks.has(key)) inks.set(key, getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim());
  return inks.get(key);
}

function parts(hex) {
  return [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16));
}

function luminance(colour) {
  const [r, g, b] = colour.map((v) => (v / 255 <= 0.03928 ? v / 3294.6 : ((v / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function hex(colour) {
  return `#${colour.map((v) => Math.round(v).toString(16).padStart(2, "0")).join("")}`;
}

/** A colour of the report as this page shows it: on a dark page some have another in their place (report/palette.py). */
export function shown(colour) {
  return (isDark() && DARK[colour]) || colour;
}

/** Black or white, whichever is read better on a colour. */
export function textOn(colour) {
  return luminance(parts(colour)) > 0.3 ? "#111111" : "#ffffff";
}

/** Colour of the i-th of n cosets. */
export function cosetColour(i, n) {
  const place = (n < 2 ? 0 : i / (n - 1)) * (VIRIDIS.length - 1);
  const at = Math.min(Math.floor(place), VIRIDIS.length - 2);
  const lifted = VIRIDIS[at].map((v, k) => v + (place - at) * (VIRIDIS[at + 1][k] - v));
  return hex(lifted);
}

/**
 * 256 colours for values in [-1, 1], as bytes r g b: blue below zero, the page's paper at it, red above.
 * With `sequential`, for values in [0, 1], from paper to ink.
 */
export function ramp(sequential = false) {
  const paper = isDark() ? [24, 24, 23] : [255, 255, 255];
  const full = isDark() ? [236, 236, 230] : [20, 20, 20];
  const [cold, warm] = isDark()
    ? [
        [94, 160, 232],
        [240, 106, 92],
      ]
    : [COLD, WARM];
  const table = new Uint8Array(768);
  for (let i = 0; i < 256; i++) {
    const value = sequential ? i / 255 : (i - 127.5) / 127.5;
    const end = sequential ? full : value < 0 ? cold : warm;
    const share = Math.abs(value) ** 0.8;
    for (let k = 0; k < 3; k++) table[3 * i + k] = paper[k] + share * (end[k] - paper[k]);
  }
  return table;
}

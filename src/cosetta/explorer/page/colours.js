/**
 * Colours, each scheme with one meaning: a subgroup class and an irrep have the report's colours, cosets run along
 * viridis, signed values between blue and red.
 */

/** The palettes of report/palette.py: nothing here has colours of its own but for paper and ink. */
const PALETTE = JSON.parse(document.documentElement.dataset.palette);
const COSETS = PALETTE.cosets.map(parts);
const PREFERS_DARK = matchMedia("(prefers-color-scheme: dark)");

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
  return (isDark() && PALETTE.dark[colour]) || colour;
}

/** Black or white, whichever is read better on a colour. */
export function textOn(colour) {
  return luminance(parts(colour)) > 0.3 ? "#111111" : "#ffffff";
}

/** Colour of the i-th of n cosets; on a dark page they begin where they are seen. */
export function cosetColour(i, n) {
  const from = isDark() ? PALETTE.cosetsDarkFrom : 0;
  const place = (from + (1 - from) * (n < 2 ? 0 : i / (n - 1))) * (COSETS.length - 1);
  const at = Math.min(Math.floor(place), COSETS.length - 2);
  const lifted = COSETS[at].map((v, k) => v + (place - at) * (COSETS[at + 1][k] - v));
  return hex(lifted);
}

/**
 * 256 colours for values in [-1, 1], as bytes r g b: blue below zero, the page's paper at it, red above.
 * With `sequential`, for values in [0, 1], from paper to ink.
 */
export function ramp(sequential = false) {
  const paper = isDark() ? [24, 24, 23] : [255, 255, 255];
  const full = isDark() ? [236, 236, 230] : [20, 20, 20];
  const [cold, warm] = PALETTE.signed[isDark() ? "dark" : "light"].map(parts);
  const table = new Uint8Array(768);
  for (let i = 0; i < 256; i++) {
    const value = sequential ? i / 255 : (i - 127.5) / 127.5;
    const end = sequential ? full : value < 0 ? cold : warm;
    const share = Math.abs(value) ** 0.8;
    for (let k = 0; k < 3; k++) table[3 * i + k] = paper[k] + share * (end[k] - paper[k]);
  }
  return table;
}

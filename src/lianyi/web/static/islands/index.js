// Loads an island when its element first appears, so that a page pays only for what it shows.
// Custom elements start themselves, also inside what htmx swaps in later.

import "./keys.js";

const ISLANDS = ["ly-live", "ly-countdown", "ly-print", "ly-scan"];

function load() {
  for (const name of ISLANDS) {
    if (!customElements.get(name) && document.querySelector(name)) import(`./${name}.js`);
  }
}

load();
document.addEventListener("htmx:load", load);

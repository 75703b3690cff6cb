// Counts seconds down in its text ("{}" in the attribute `text`) and says "ly:due" at nought.
// It counts from when it appeared, so neither a wrong clock nor the demo's clock matters.
// With the attribute `clock` the seconds are written as minutes and seconds.

class LyCountdown extends HTMLElement {
  connectedCallback() {
    this.end = performance.now() + Number(this.getAttribute("seconds")) * 1000;
    this.timer = setInterval(() => this.show(), 1000);
  }

  disconnectedCallback() {
    clearInterval(this.timer);
  }

  show() {
    const left = Math.max(0, Math.round((this.end - performance.now()) / 1000));
    this.textContent = this.getAttribute("text").replace("{}", this.written(left));
    if (left > 0) return;
    clearInterval(this.timer);
    this.dispatchEvent(new CustomEvent("ly:due", { bubbles: true }));
  }

  written(left) {
    if (!this.hasAttribute("clock")) return left;
    return `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  }
}

customElements.define("ly-countdown", LyCountdown);

// A button that prints its page. Without JS the browser's own menu prints as well.

class LyPrint extends HTMLElement {
  connectedCallback() {
    this.onclick = () => print();
  }
}

customElements.define("ly-print", LyPrint);

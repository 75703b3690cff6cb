// A text field that a hand scanner types into; where the browser reads codes, also the camera.
// Any code found goes into the field, and the form is sent as if Enter had been pressed.

const FORMATS = ["qr_code", "code_128", "ean_13", "data_matrix"];

class LyScan extends HTMLElement {
  connectedCallback() {
    this.button = this.querySelector("[data-camera]");
    this.button.hidden = !("BarcodeDetector" in window && navigator.mediaDevices);
    this.button.onclick = () => (this.video ? this.stop() : this.start());
  }

  disconnectedCallback() {
    this.stop();
  }

  async start() {
    try {
      this.camera = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      this.button.hidden = true; // refused or missing: the field still works
      return;
    }
    this.video = document.createElement("video");
    this.video.playsInline = this.video.muted = true;
    this.video.srcObject = this.camera;
    this.append(this.video);
    await this.video.play();
    this.read(new BarcodeDetector({ formats: FORMATS }));
  }

  async read(detector) {
    while (this.video) {
      const [code] = await detector.detect(this.video).catch(() => []);
      if (code) return this.found(code.rawValue);
      await new Promise(requestAnimationFrame);
    }
  }

  found(text) {
    this.stop();
    this.querySelector("input").value = text;
    this.closest("form").requestSubmit();
  }

  stop() {
    this.camera?.getTracks().forEach((track) => track.stop());
    this.video?.remove();
    this.video = this.camera = undefined;
  }
}

customElements.define("ly-scan", LyScan);

// One stream per page. Elements say which topic they show (data-live); when its name arrives they
// get "ly:changed", which makes htmx fetch them again through the normal door.
// A stream also tells what changed since the page was read (attribute `since`), and since a break:
// it rests while the page is hidden. Whoever was away for long is told to fetch everything ("*").

const BUSY = ".htmx-request, .htmx-added"; // htmx does not listen to these elements yet
const LONGEST_PAUSE = 30_000; // ms between attempts

class LyLive extends HTMLElement {
  connectedCallback() {
    this.late = new Set(); // topics that changed while their element was being fetched or swapped
    this.settled = () => this.catchUp();
    this.look = () => (document.hidden ? this.close() : this.open());
    document.addEventListener("htmx:load", this.settled);
    document.addEventListener("htmx:afterRequest", this.settled);
    document.addEventListener("visibilitychange", this.look);
    addEventListener("pagehide", () => this.close());
    this.open();
  }

  disconnectedCallback() {
    document.removeEventListener("htmx:load", this.settled);
    document.removeEventListener("htmx:afterRequest", this.settled);
    document.removeEventListener("visibilitychange", this.look);
    this.close();
  }

  open() {
    const shown = document.querySelectorAll("[data-live]");
    const topics = [...new Set([...shown].map((element) => element.dataset.live))].sort().join();
    if (document.hidden || topics === this.topics) return;
    this.close();
    if (topics) this.listen(topics);
  }

  listen(topics) {
    this.topics = topics;
    this.since ??= this.getAttribute("since");
    this.stream = new EventSource(`/live?${new URLSearchParams({ topics, since: this.since })}`);
    this.stream.onmessage = (event) => {
      this.since = event.lastEventId; // the time it was heard
      this.changed(event.data === "*" ? undefined : event.data);
    };
    this.stream.onopen = () => {
      this.pause = 0;
    };
    this.stream.onerror = () => {
      if (this.stream?.readyState === EventSource.CLOSED) this.retry(topics);
    };
  }

  // The browser reconnects by itself after a cut, but gives up when the server answers an error.
  retry(topics) {
    this.pause = Math.min(Math.max(2 * (this.pause ?? 0), 2_000), LONGEST_PAUSE);
    this.timer = setTimeout(() => this.listen(topics), this.pause);
  }

  changed(topic) {
    const name = topic === undefined ? "" : `="${CSS.escape(topic)}"`;
    for (const element of document.querySelectorAll(`[data-live${name}]`)) {
      if (element.closest(BUSY)) this.late.add(element.dataset.live);
      else element.dispatchEvent(new CustomEvent("ly:changed"));
    }
  }

  // What arrived with a swap may show other topics, and may already be stale.
  catchUp() {
    this.open();
    const late = [...this.late];
    this.late.clear();
    for (const topic of late) this.changed(topic);
  }

  close() {
    clearTimeout(this.timer);
    this.stream?.close();
    this.stream = this.topics = undefined;
  }
}

customElements.define("ly-live", LyLive);

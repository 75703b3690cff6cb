"""A company's machine: it serves the files of apps at an origin, and a site, that is not ours."""

import mimetypes
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples/blood-pressure"
LIBRARY = ROOT / "node_modules/fhirclient/build/fhir-client.min.js"
CONFIG = """export const client = "{client}";
export const server = "{server}/fhir/R4";
"""
# What the library's own documentation begins with.
START = """<!doctype html><title>start</title><script src="fhir-client.js"></script>
<script src="start.js"></script>"""
START_JS = """FHIR.oauth2.authorize({{
  clientId: "{client}", iss: "{server}/fhir/R4", redirectUri: "app.html",
  scope: "launch/patient openid fhirUser patient/Patient.r patient/Observation.rs",
}}).catch((trouble) => {{ document.title = trouble; }});"""
APP = """<!doctype html><title>app</title><main></main><script src="fhir-client.js"></script>
<script src="app.js"></script>"""
APP_JS = """(async () => {
  const client = await FHIR.oauth2.ready();
  const patient = await client.patient.read();
  const search = `Observation?patient=${client.patient.id}&code=85354-9&_count=2`;
  const first = await client.request(search);
  const all = await client.request(search, { pageLimit: 0, flat: true });
  const user = await client.user.read();
  const [name, some] = [patient.name[0].text, first.entry.length];
  return { patient: name, first: some, found: all.length, user: user.id };
})().catch((trouble) => ({ trouble: `${trouble}` })).then((said) => {
  document.querySelector("main").textContent = JSON.stringify(said);
});"""


class Machine:
    """Whatever lies in `files` is served at its path."""

    def __init__(self, origin):
        self.origin, self.files = origin, {}

    def install(self, place, client, server):
        """Put the example there, with what its registration answered."""
        for file in EXAMPLE.iterdir():
            self.files[f"{place}/{file.name}"] = file.read_bytes()
        self.files[f"{place}/config.js"] = CONFIG.format(client=client, server=server).encode()

    def install_library(self, client, server):
        """Put pages there that do it all by the npm package."""
        start_js = START_JS.format(client=client, server=server)
        made = {"start.html": START, "start.js": start_js, "app.html": APP, "app.js": APP_JS}
        self.files["/fhir-client.js"] = LIBRARY.read_bytes()
        self.files |= {f"/{name}": text.encode() for name, text in made.items()}


@contextmanager
def machine():
    """Lend a machine that is known as `localhost`: to a browser another site than 127.0.0.1."""

    class Files(BaseHTTPRequestHandler):
        def do_GET(self):
            path = urlsplit(self.path).path
            held = lent.files.get(path)
            self.send_response(404 if held is None else 200)
            self.send_header("content-type", mimetypes.guess_type(path)[0] or "text/plain")
            self.end_headers()
            self.wfile.write(held or b"")

        def log_message(self, *_):
            """Say nothing: what went wrong, the browser's page says."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Files) as server:
        lent = Machine(f"http://localhost:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield lent
        finally:
            server.shutdown()
            thread.join()

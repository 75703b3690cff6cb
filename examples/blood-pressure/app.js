// A whole SMART app without a library: it is started by itself or from a doctor's workbench, asks
// for what it needs, and draws one person's blood pressures. Source: SMART App Launch 2.2.
import { client, server } from "./config.js";

const PARTS = { systolic: "8480-6", diastolic: "8462-4" }; // LOINC
const PANEL = "85354-9";
const WANTED = "openid fhirUser patient/Patient.r patient/Observation.rs";
const HERE = location.origin + location.pathname;
const GIVEN = "given"; // what was given, kept for this tab and as long as it is good
const REFUSED = "您没有同意，应用什么也没有读取。";
const OVER = "授权已到期或已被收回，应用不再能读取。";

const page = (id) => document.getElementById(id);
const say = (text) => { page("said").textContent = text; };

function letters(bytes) {
  const drawn = crypto.getRandomValues(new Uint8Array(bytes));
  return base64url(drawn);
}

function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

async function json(address, options) {
  const answer = await fetch(address, options);
  if (answer.status === 401) sessionStorage.removeItem(GIVEN);
  if (!answer.ok) throw new Error(answer.status === 401 ? OVER : `${answer.status} ${new URL(address).pathname}`);
  return answer.json();
}

// Leads the browser to where its reader agrees. What comes back is only believed with this state.
async function ask(launch) {
  const found = await json(`${server}/.well-known/smart-configuration`);
  const [state, verifier] = [letters(24), letters(48)];
  sessionStorage.setItem(state, JSON.stringify({ verifier, tokens: found.token_endpoint }));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  const query = new URLSearchParams({
    response_type: "code", client_id: client, redirect_uri: HERE, aud: server, state,
    scope: `${launch ? "launch" : "launch/patient"} ${WANTED}`,
    code_challenge: base64url(new Uint8Array(digest)), code_challenge_method: "S256",
    ...(launch ? { launch } : {}),
  });
  location.assign(`${found.authorization_endpoint}?${query}`);
}

async function redeem(code, state) {
  const kept = JSON.parse(sessionStorage.getItem(state) ?? "null");
  sessionStorage.removeItem(state);
  if (!kept) throw new Error("state");
  const body = new URLSearchParams({
    grant_type: "authorization_code", code, redirect_uri: HERE, client_id: client,
    code_verifier: kept.verifier,
  });
  const given = await json(kept.tokens, { method: "POST", body });
  sessionStorage.setItem(GIVEN, JSON.stringify(given));
  return given;
}

async function show({ access_token: token, patient }) {
  const headers = { authorization: `Bearer ${token}`, accept: "application/fhir+json" };
  const who = await json(`${server}/Patient/${patient}`, { headers });
  page("who").textContent = who.name?.[0]?.text ?? patient;
  const codes = [PANEL, ...Object.values(PARTS)].map((code) => `http://loinc.org|${code}`).join(",");
  const query = new URLSearchParams({ patient, code: codes, _sort: "-date", _count: "50" });
  const found = await json(`${server}/Observation?${query}`, { headers });
  draw(readings((found.entry ?? []).map((entry) => entry.resource)));
}

// Pressures come as one panel or as two observations of one moment.
function readings(observations) {
  const byTime = new Map();
  for (const one of observations) {
    const at = one.effectiveDateTime ?? one.issued;
    const reading = byTime.get(at) ?? { at };
    for (const part of [one, ...(one.component ?? [])]) {
      for (const [name, code] of Object.entries(PARTS)) {
        if (part.code?.coding?.some((coding) => coding.code === code)) reading[name] = part.valueQuantity?.value;
      }
    }
    byTime.set(at, reading);
  }
  return [...byTime.values()].filter((one) => one.systolic ?? one.diastolic).sort((a, b) => (a.at < b.at ? -1 : 1));
}

function draw(found) {
  say(found.length ? `共 ${found.length} 次测量` : "没有可以显示的血压记录。");
  if (!found.length) return;
  const [top, bottom] = [200, 40]; // mmHg
  const x = (n) => 40 + (n * 580) / Math.max(found.length - 1, 1);
  const y = (value) => 10 + ((top - value) * 220) / (top - bottom);
  for (const level of [60, 90, 140, 180]) {
    add("line", { x1: 40, x2: 620, y1: y(level), y2: y(level), class: "grid" });
    add("text", { x: 4, y: y(level) + 4, class: "mark" }).textContent = level;
  }
  for (const name of Object.keys(PARTS)) {
    const points = found.map((one, n) => (one[name] === undefined ? "" : `${x(n)},${y(one[name])}`));
    add("polyline", { points: points.join(" "), class: name });
  }
  for (const one of [...found].reverse()) {
    const row = page("values").tBodies[0].insertRow();
    const cells = [new Date(one.at).toLocaleString("zh-CN"), one.systolic ?? "", one.diastolic ?? ""];
    for (const text of cells) row.insertCell().textContent = text;
  }
  page("chart").removeAttribute("hidden");
  page("values").hidden = false;
}

function add(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return page("chart").appendChild(made);
}

async function open() {
  const given = new URLSearchParams(location.search);
  history.replaceState(null, "", HERE); // a code stays in no address bar
  if (given.has("error")) return offer(given.get("error") === "access_denied" ? REFUSED : `没有成功：${given.get("error")}。`);
  if (given.has("code")) return show(await redeem(given.get("code"), given.get("state")));
  if (given.has("launch")) {
    // Whoever starts us must be the network we are registered with: others would get our reader's code.
    if (given.get("iss") !== server) return say("启动地址不是本应用登记过的医院网络。");
    return ask(given.get("launch"));
  }
  const kept = sessionStorage.getItem(GIVEN);
  return kept ? show(JSON.parse(kept)) : offer("连接后，由您决定让本应用读取哪些记录。");
}

function offer(text) {
  say(text);
  page("connect").hidden = false;
}

function fail(trouble) {
  offer(trouble.message === OVER ? OVER : `没有成功：${trouble.message}。请稍后再试。`);
}

page("connect").addEventListener("click", () => ask("").catch(fail));
open().catch(fail);

// Live pages: looks at its own address anew when the hub says so, and takes over what has changed; pausing freezes it.
import { Hub } from "./hub.js";
import { tailOf } from "./tail.js";
import { localTimes, shownTime } from "./times.js";

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const KEPT = new Set(["open", "style", "data-htmx-powered"]);
const ATTENTION = ["failing", "blocked", "gone"];
const EVERYTHING = ["events", "attempts", "discards", "changes"];

let port, state = "connecting", since = 0, paused = false, tail;

export function startLive() {
  const section = $("[data-tail]");
  if (section) tail = tailOf(section);
  try {
    const worker = new SharedWorker(new URL("./live-worker.js", import.meta.url), { name: "bellwire", type: "module" });
    port = worker.port;
    worker.onerror = () => { if (state === "connecting") hubOfThisPage(); };
  } catch { hubOfThisPage(); return; }
  listen();
}

function hubOfThisPage() {
  const channel = new MessageChannel();
  new Hub().join(channel.port2);
  port = channel.port1;
  listen();
}

function listen() {
  port.onmessage = ({ data }) => told[data.is]?.(data);
  port.start();
  here();
}

function here() {
  const region = $("[data-live]");
  port?.postMessage({
    is: "here", shown: !document.hidden, focused: document.hasFocus(), held: paused && !tail, everyMs: tail?.everyMs,
    kinds: region && (region.dataset.live ? region.dataset.live.split(" ") : EVERYTHING),
    webhook: region?.dataset.liveWebhook ?? "", slow: Boolean(region),
  });
}

const told = {
  state(message) { ({ state, since } = message); showState(); },
  pulse({ pulse }) { if (!paused) showAttention(pulse.states); },
  async look() {
    const outcome = await (tail ? lookAtTail() : look());
    port.postMessage({ is: "looked", failed: outcome === "failed", later: outcome === "later" });
  },
};

for (const [target, name] of [[document, "visibilitychange"], [window, "focus"], [window, "blur"], [window, "pageshow"]]) target.addEventListener(name, here);
addEventListener("pagehide", () => port?.postMessage({ is: "bye" }));
addEventListener("online", () => port?.postMessage({ is: "again" }));

function busy() {
  const chosen = getSelection();
  return document.hidden || paused || $("dialog[open]") || $(".menu:popover-open") || $("[data-pick] :checked") || (chosen && !chosen.isCollapsed)
    || document.activeElement?.matches("[data-live] select, [data-live] input[type=text]");
}

async function look() {
  if (busy()) return "later";
  try {
    const answer = await fetch(location.href, { headers: { "HX-Request": "true" }, redirect: "error" });
    port.postMessage({ is: "cost", ms: Number(/dur=([\d.]+)/.exec(answer.headers.get("Server-Timing"))?.[1] ?? 0) });
    const away = answer.headers.get("HX-Redirect");
    if (away) { location.href = away; return "later"; }
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (busy()) return "later";
    const before = $$("[data-live]"), after = $$("[data-live]", page);
    before.forEach((element, index) => { if (after[index]) { localTimes(after[index]); morph(element, after[index]); } });
    return "done";
  } catch {
    return "failed";
  }
}

async function lookAtTail() {
  try { await tail.look(); return "done"; } catch { return "failed"; }
}

// Takes over what differs, element by element, so that focus, scroll and opened parts stay.
function morph(old, now) {
  if (old.nodeType !== now.nodeType || old.nodeName !== now.nodeName || idOf(old) !== idOf(now)) {
    old.replaceWith(document.adoptNode(now));
    if (now.nodeType === Node.ELEMENT_NODE) window.htmx?.process(now);
    return;
  }
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.nodeValue !== now.nodeValue) old.nodeValue = now.nodeValue;
    return;
  }
  if (old.isEqualNode(now)) return;
  for (const { name } of [...old.attributes]) if (!now.hasAttribute(name) && !KEPT.has(name)) old.removeAttribute(name);
  for (const { name, value } of [...now.attributes]) if (!KEPT.has(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
  if (old.hasAttribute("data-keep")) return;
  morphChildren(old, now);
}

// What has an id is the same wherever it stands now: so it stays open when something comes before it.
function morphChildren(old, now) {
  const known = new Map([...old.children].map(child => [idOf(child), child])), kept = new Set([...now.children].map(idOf));
  const next = () => { const met = at; at = at.nextSibling; return met; };
  let at = old.firstChild;
  for (const child of [...now.childNodes]) {
    const id = idOf(child), same = id && known.get(id);
    if (same) {
      while (at !== same && !(idOf(at) && kept.has(idOf(at)))) next().remove();
      if (at === same) next(); else old.insertBefore(same, at);
      morph(same, child);
    } else if (!id && at && !idOf(at)) {
      morph(next(), child);
    } else {
      old.insertBefore(document.adoptNode(child), at);
      if (child.nodeType === Node.ELEMENT_NODE) window.htmx?.process(child);
    }
  }
  while (at) next().remove();
}

// Not node.id, which a form's field of that name hides.
function idOf(node) { return node.getAttribute?.("id") ?? ""; }

export function tryAgain() { port?.postMessage({ is: "again" }); }

export function signIn() { location.href = `/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`; }

export function toggleLive(button = $(".live")) {
  if (!button) return;
  paused = !paused;
  tail?.pause(paused);
  showState();
  here();
  if (!paused) tryAgain();
}

function showState() {
  const button = $(".live"), apart = state === "stale" || state === "signed-out";
  if (button) {
    const text = paused ? "Paused" : state === "stale" ? "Not connected" : state === "signed-out" ? "Signed out" : "Live";
    button.setAttribute("aria-pressed", String(!paused));
    button.dataset.s = paused ? "paused" : apart ? "stale" : "";
    button.title = paused ? "Resume live updates (p)" : "Pause live updates (p)";
    if ($(".t", button).textContent !== text) $(".t", button).textContent = text;
  }
  const strip = $("#apart");
  $(".lost", strip).hidden = state !== "stale";
  $(".out", strip).hidden = state !== "signed-out";
  if (apart) $("time", strip).replaceWith(shownTime(new Date(since)));
  strip.hidden = !apart;
}

function showAttention(states) {
  const badge = $(".side .cnt.bad"), count = ATTENTION.reduce((sum, name) => sum + (states[name] ?? 0), 0);
  if (!badge) return;
  badge.hidden = !count;
  badge.firstChild.nodeValue = String(count);
  badge.title = `${count} webhook${count === 1 ? "" : "s"} failing, blocked or gone`;
}

// Live tail: what has come since the last look is put on top, or kept back while it is paused; the oldest rows go.
import { localTimes } from "./times.js";

const $ = (selector, root = document) => root.querySelector(selector);
const SAY_MS = 15000; // a screen reader hears of new events so often at most
const LOOK_MS = 1000;

export function tailOf(section) {
  const rows = $("tbody", section), rowsMax = Number(section.dataset.tailMax);
  let next = section.dataset.tail, paused = false, kept = [], held = 0, unsaid = 0, saying = 0;

  async function look() {
    const address = new URL(location.href);
    address.searchParams.set("after", next);
    const answer = await fetch(address, { headers: { "HX-Request": "true", "HX-Request-Type": "partial" }, redirect: "error" });
    const away = answer.headers.get("HX-Redirect");
    if (away) { location.href = away; return; }
    if (!answer.ok) throw new Error(String(answer.status));
    const part = $("tbody", new DOMParser().parseFromString(await answer.text(), "text/html"));
    next = part.dataset.next;
    const come = [...part.rows], count = come.filter(row => !row.matches(".gap")).length + Number(part.dataset.skipped);
    if (!count) return;
    kept = [...come, ...kept].slice(0, rowsMax);
    held += count;
    if (paused) tell(); else show();
  }

  function show() {
    const come = kept.map(row => document.adoptNode(row));
    for (const row of come) row.classList.add("new");
    rows.prepend(...come);
    localTimes(rows);
    cut();
    $(".none", section).hidden = rows.rows.length > 0;
    unsaid += held;
    kept = [];
    held = 0;
    say();
  }

  // A row with the focus stays until the focus has gone.
  function cut() {
    for (const row of [...rows.rows].slice(rowsMax)) if (!row.contains(document.activeElement)) row.remove();
  }

  function tell() { $("[data-held]", section).textContent = held ? `${held.toLocaleString()} event${held === 1 ? "" : "s"} came meanwhile.` : "Nothing came meanwhile."; }

  function say() {
    if (saying || !unsaid) return;
    $("[data-said]").textContent = `${unsaid.toLocaleString()} new event${unsaid === 1 ? "" : "s"}`;
    unsaid = 0;
    saying = setTimeout(() => { saying = 0; say(); }, SAY_MS);
  }

  function pause(on) {
    paused = on;
    tell();
    $(".held", section).hidden = !on;
    if (!on && kept.length) show();
  }

  return { look, pause, everyMs: LOOK_MS };
}

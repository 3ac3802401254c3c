// What every page gets from a script: times in the viewer's zone, live updates, menus, questions, copying.
import { bindForm } from "./form.js";
import { signIn, startLive, toggleLive, tryAgain } from "./live.js";
import { bindPicks } from "./pick.js";
import { bindPalette } from "./palette.js";
import { bindPicker } from "./picker.js";
import { bindPublish } from "./publish.js";
import { localTimes } from "./times.js";
import { bindTypeBox } from "./type-box.js";

export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

const TOAST_MS = 7000;
const MENU_GAP = 4;

// ---------- menus stand beside their button ----------
document.addEventListener("beforetoggle", event => {
  if (event.newState !== "open" || !event.target.matches?.(".menu")) return;
  const menu = event.target, button = $(`[popovertarget="${menu.id}"]`).getBoundingClientRect();
  menu.style.visibility = "hidden";
  requestAnimationFrame(() => {
    const { offsetWidth: width, offsetHeight: height } = menu;
    menu.style.left = `${Math.max(8, Math.min(button.right - width, innerWidth - width - 8))}px`;
    menu.style.top = `${button.bottom + MENU_GAP + height > innerHeight ? Math.max(8, button.top - height - MENU_GAP) : button.bottom + MENU_GAP}px`;
    menu.style.visibility = "";
  });
}, true);

// ---------- questions before something is lost: the page that asks is shown in a dialog ----------
async function ask(address) {
  try {
    const answer = await fetch(address, { headers: { "HX-Request": "true" }, redirect: "error" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const asked = $("[data-asked]", page);
    if (!answer.ok || !asked) throw new Error("no question");
    const heading = $("h1", asked), title = document.createElement("h2");
    title.append(...heading.childNodes);
    heading.replaceWith(title);
    localTimes(asked);
    const dialog = $("#ask");
    dialog.replaceChildren(...document.adoptNode(asked).childNodes);
    dialog.setAttribute("aria-label", title.textContent);
    dialog.showModal();
  } catch {
    location.href = address;
  }
}

document.addEventListener("submit", event => {
  if (event.target.matches("form[data-ask]")) { event.preventDefault(); ask(event.target.action); }
});

// ---------- small actions ----------
const actions = {
  nav(button) { const open = $("#side").classList.toggle("open"); button.setAttribute("aria-expanded", String(open)); if (open) $("#side a").focus(); },
  live() { toggleLive(); },
  palette(link, event) { event.preventDefault(); openPalette?.(); },
  "close-palette"(button) { button.closest("dialog").close(); },
  again() { tryAgain(); },
  "sign-in"() { signIn(); },
  "close-toast"(button) { button.closest(".toast").remove(); },
  cancel(link, event) { if (link.closest("dialog")) { event.preventDefault(); link.closest("dialog").close(); } },
};

async function copy(button) {
  const text = document.getElementById(button.dataset.copy).textContent, label = $("span", button), before = label.textContent;
  try { await navigator.clipboard.writeText(text); label.textContent = "Copied"; } catch { getSelection().selectAllChildren(document.getElementById(button.dataset.copy)); label.textContent = "Selected"; }
  setTimeout(() => { label.textContent = before; }, 2000);
}

document.addEventListener("click", event => {
  const button = event.target.closest("[data-act]"), copied = event.target.closest("[data-copy]"), asking = event.target.closest("a[data-ask]");
  if (button) actions[button.dataset.act]?.(button, event);
  else if ($("#side.open") && !event.target.closest("#side")) closeSide();
  if (copied) copy(copied);
  if (asking && !event.ctrlKey && !event.metaKey && !event.shiftKey) { event.preventDefault(); asking.closest("[popover]")?.hidePopover(); ask(asking.href); }
});

function closeSide() { $("#side").classList.remove("open"); $("[data-act=nav]").setAttribute("aria-expanded", "false"); }

$(".themes")?.addEventListener("submit", event => {
  event.preventDefault();
  const { value } = event.submitter;
  document.documentElement.dataset.theme = value;
  document.cookie = `bellwire_theme=${value};path=/;max-age=31536000;samesite=lax`;
  for (const each of $$(".themes button")) each.setAttribute("aria-pressed", String(each.value === value));
});

const openPalette = $("#palette") && bindPalette($("#palette"));

document.addEventListener("keydown", event => {
  if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k" && openPalette) { event.preventDefault(); openPalette(); return; }
  if (event.key === "Escape" && $("#side.open")) { closeSide(); $("[data-act=nav]").focus(); }
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input:not([type=checkbox],[type=radio]), textarea, select") || $("dialog[open]")) return;
  if (event.key === "/" && $("[data-search]")) { event.preventDefault(); $("[data-search]").focus(); }
  if (event.key === "n") $("[data-key=n]")?.click();
  if (event.key === "p") toggleLive();
});

document.addEventListener("htmx:after:swap", () => localTimes());
localTimes();
for (const form of $$("#wf:has(.save)")) bindForm(form);
for (const picker of $$("[data-picker]")) bindPicker(picker);
$(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
for (const input of $$("input[data-types]")) bindTypeBox(input);
bindPicks();
for (const form of $$("#pub")) bindPublish(form);
for (const toast of $$(".toast.good")) setTimeout(() => toast.remove(), TOAST_MS);
const charts = $$("[data-chart]");
if (charts.length) import("./charts.js").then(({ drawCharts }) => drawCharts(charts));
startLive();
document.documentElement.dataset.ready = "";

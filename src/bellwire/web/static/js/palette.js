// The command palette: a combobox whose options the server finds; Enter and clicks follow them as the links they are.
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const WAIT_MS = 120;

export function bindPalette(dialog) {
  const input = $("[role=combobox]", dialog), list = $("[role=listbox]", dialog), said = $("[role=status]", dialog);
  let asking, timer = 0, shown = null;

  const options = () => $$("[role=option]", list);
  const chosen = () => $("[aria-selected=true]", list);

  function choose(option) {
    chosen()?.setAttribute("aria-selected", "false");
    option?.setAttribute("aria-selected", "true");
    if (option) input.setAttribute("aria-activedescendant", option.id); else input.removeAttribute("aria-activedescendant");
  }

  function step(by) {
    const all = options(), at = all.indexOf(chosen());
    if (!all.length) return;
    const option = all[(at + by + all.length) % all.length];
    choose(option);
    option.scrollIntoView({ block: "nearest" });
  }

  function show(found, lost) {
    list.replaceChildren(...found);
    const count = options().length;
    list.hidden = !count;
    input.setAttribute("aria-expanded", String(count > 0));
    $("[data-none]", dialog).hidden = count > 0 || lost;
    $("[data-lost]", dialog).hidden = !lost;
    said.textContent = lost ? "The search is not answered" : `${count} found`;
    choose(options()[0]);
    list.scrollTop = 0;
  }

  async function find() {
    const text = input.value.trim();
    asking?.abort();
    const { signal } = asking = new AbortController();
    try {
      const answer = await fetch(`/search?q=${encodeURIComponent(text)}`, { signal, headers: { "HX-Request": "true", "HX-Request-Type": "partial" }, redirect: "error" });
      const away = answer.headers.get("HX-Redirect");
      if (away) { location.href = `/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`; return; }
      if (!answer.ok) throw new Error(String(answer.status));
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      show([...document.adoptNode(page.body.firstElementChild).children], false);
      shown = text;
    } catch (problem) {
      if (problem.name !== "AbortError") { show([], true); shown = null; }
    }
  }

  // What is chosen is only what was found for what is written now.
  async function follow() {
    clearTimeout(timer);
    if (shown !== input.value.trim()) await find();
    const option = chosen();
    if (option) option.click(); else if (shown === null) $("#pal-form", dialog).submit();
  }

  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(find, WAIT_MS); });
  input.addEventListener("keydown", event => {
    if (event.key === "ArrowDown") { event.preventDefault(); step(1); }
    if (event.key === "ArrowUp") { event.preventDefault(); step(-1); }
  });
  $("#pal-form", dialog).addEventListener("submit", event => { event.preventDefault(); follow(); });
  list.addEventListener("pointermove", event => { const option = event.target.closest("[role=option]"); if (option) choose(option); });
  list.addEventListener("click", event => { if (event.target.closest("a") && !event.ctrlKey && !event.metaKey && !event.shiftKey) dialog.close(); });
  dialog.addEventListener("click", event => { if (event.target === dialog) dialog.close(); });

  if (navigator.platform.startsWith("Mac")) for (const keys of $$(".find kbd")) keys.textContent = "⌘ K";

  return function open() {
    if (dialog.open) { dialog.close(); return; }
    if ($("dialog[open]")) return;
    dialog.showModal();
    input.select();
    find();
  };
}

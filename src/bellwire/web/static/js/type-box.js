// A field for an event type: what was written is looked for in ids and descriptions, and chosen from a list (ARIA combobox).
// Without it the browser offers the same types by the field's datalist.
const SHOWN_MAX = 60;
let made = 0;

export function bindTypeBox(input) {
  const types = [...input.list.options].map(option => ({ id: option.value, level: option.dataset.l, text: option.label || option.text, words: `${option.value} ${option.text}`.toLowerCase() }));
  const box = document.createElement("div"), list = document.createElement("ul");
  let found = [], at = -1;
  input.removeAttribute("list");
  box.className = "cbx";
  input.replaceWith(box);
  list.id = `cbx-${++made}`;
  list.className = "cbx-l";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Event types");
  box.append(input, list);
  for (const [name, value] of Object.entries({ role: "combobox", "aria-expanded": "false", "aria-controls": list.id, "aria-autocomplete": "list" })) input.setAttribute(name, value);

  function show(open) {
    list.hidden = !open;
    input.setAttribute("aria-expanded", String(open));
    if (!open) point(-1);
  }

  function point(to) {
    list.children[at]?.setAttribute("aria-selected", "false");
    at = to;
    const option = list.children[at];
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    option ? input.setAttribute("aria-activedescendant", option.id) : input.removeAttribute("aria-activedescendant");
  }

  function find() {
    const words = input.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const hits = types.filter(type => words.every(word => type.words.includes(word)));
    const rank = type => type.id.startsWith(words[0] ?? "") ? 0 : words.every(word => type.id.includes(word)) ? 1 : 2;
    found = hits.sort((one, other) => rank(one) - rank(other)).slice(0, SHOWN_MAX);
    list.replaceChildren(...found.map((type, number) => option(type, `${list.id}-${number}`)));
    at = -1;
    show(found.length > 0 && !(found.length === 1 && found[0].id === input.value.trim()));
  }

  function choose(type) {
    input.value = type.id;
    show(false);
    input.dispatchEvent(new CustomEvent("bw:picked", { bubbles: true }));
  }

  input.addEventListener("input", find);
  input.addEventListener("click", () => { if (list.hidden) find(); });
  input.addEventListener("keydown", event => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) find();
      if (found.length) point((at + (event.key === "ArrowDown" ? 1 : at < 0 ? 0 : -1) + found.length) % found.length);
    }
    if (event.key === "Enter" && !list.hidden && found[at]) { event.preventDefault(); choose(found[at]); }
    if (event.key === "Escape" && !list.hidden) { event.stopPropagation(); show(false); }
  });
  input.addEventListener("blur", () => show(false));
  list.addEventListener("mousedown", event => event.preventDefault());
  list.addEventListener("click", event => { const chosen = event.target.closest("[role=option]"); if (chosen) choose(found[[...list.children].indexOf(chosen)]); });
}

function option(type, id) {
  const element = document.createElement("li"), name = document.createElement("b"), level = document.createElement("span"), text = document.createElement("small");
  element.id = id;
  element.setAttribute("role", "option");
  element.setAttribute("aria-selected", "false");
  name.textContent = type.id;
  level.className = `lv lv-${type.level}`;
  level.textContent = type.level;
  text.textContent = type.text;
  element.append(name, level, text);
  return element;
}

// The event picker: search, categories, whole groups, arrow keys. Without it the check boxes work all the same.
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const LEVELS = ["error", "warn", "info", "debug", "trace"];
const put = (element, text) => { if (element.textContent !== text) element.textContent = text; };

export function bindPicker(picker) {
  const list = $(".list", picker), search = $("[data-q]", picker), form = picker.closest("form");
  const groups = $$("fieldset", list).map(element => ({
    element, name: element.dataset.cat, all: $("[data-all]", element),
    rows: $$(".ev", element).map(row => ({ element: row, box: $("input", row), label: $(".nm", row), id: $("input", row).value, level: row.dataset.l, text: row.textContent.toLowerCase() })),
  }));
  const rows = groups.flatMap(group => group.rows);
  let category = "", level = "", onlySelected = false, narrowed = false;

  const shown = () => groups.flatMap(group => group.element.hidden ? [] : group.rows.filter(row => !row.element.hidden));

  function filter() {
    const text = search.value.trim().toLowerCase();
    const pattern = text.includes("*") ? new RegExp("^" + text.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*") + "$") : null;
    const words = pattern ? [] : text.split(/\s+/).filter(Boolean);
    narrowed = Boolean(text || level || onlySelected);
    for (const group of groups) {
      group.matches = 0;
      for (const row of group.rows) {
        const hit = (!pattern || pattern.test(row.id)) && words.every(word => row.text.includes(word)) && (!level || row.level === level) && (!onlySelected || row.box.checked);
        row.element.hidden = !hit;
        if (hit) group.matches += 1;
        mark(row, hit ? words : []);
      }
      group.element.hidden = !group.matches || (category !== "" && category !== group.name);
    }
    $(".nomatch", picker).hidden = shown().length > 0;
    count();
  }

  function count() {
    let selected = 0, matches = 0;
    for (const group of groups) {
      const chosen = group.rows.filter(row => row.box.checked).length;
      badge(group.name, chosen, narrowed ? group.matches : group.rows.length);
      $(`.cat[data-c="${group.name}"]`, picker).classList.toggle("zero", narrowed && !group.matches);
      group.all.checked = chosen === group.rows.length;
      group.all.indeterminate = chosen > 0 && chosen < group.rows.length;
      selected += chosen;
      matches += narrowed ? group.matches : group.rows.length;
    }
    badge("", selected, matches);
    put($("[data-nsel]", picker), String(selected));
    $("[data-clear]", picker).disabled = !selected;
    const excluded = form.elements.eventsPolicy.value === "exclude";
    picker.dataset.mode = form.elements.eventsPolicy.value;
    put($(".psum", picker), `${selected} of ${rows.length} names ${excluded ? "excluded" : "selected"}`);
    const matching = $("[data-matches]", picker), hits = shown();
    matching.hidden = !(narrowed || category) || !hits.length;
    put(matching, `${hits.every(row => row.box.checked) ? "Deselect" : "Select"} ${hits.length} shown`);
  }

  // Marks what the level keeps back: by default nothing with a list of what is wanted, else all below info.
  function floor() {
    const excluded = form.elements.eventsPolicy.value === "exclude", rank = LEVELS.indexOf(form.elements.level.value || (excluded ? "info" : "trace"));
    for (const row of rows) row.element.classList.toggle("below", LEVELS.indexOf(row.level) > rank);
  }

  function badge(name, chosen, total) {
    const element = $(`[data-cc="${name}"]`, picker);
    if (narrowed || !chosen) { put(element, String(total)); return; }
    const number = document.createElement("b");
    number.textContent = chosen;
    element.replaceChildren(number, `/${total}`);
  }

  function choose(some, on) {
    for (const row of some) row.box.checked = on;
    count();
    form.dispatchEvent(new CustomEvent("bw:changed"));
  }

  search.addEventListener("input", filter);
  search.addEventListener("keydown", event => {
    if (event.key === "Enter") event.preventDefault();
    if (event.key === "ArrowDown") { event.preventDefault(); shown()[0]?.box.focus(); }
    if (event.key === "Escape" && search.value) { event.stopPropagation(); search.value = ""; filter(); }
  });
  picker.addEventListener("click", event => {
    const button = event.target.closest("button");
    if (button?.matches(".cat")) {
      category = button.dataset.c;
      for (const each of $$(".cat", picker)) { each.classList.toggle("on", each === button); each === button ? each.setAttribute("aria-current", "true") : each.removeAttribute("aria-current"); }
      filter();
      list.scrollTop = 0;
    }
    if (button?.matches("[data-sel]")) { onlySelected = button.getAttribute("aria-pressed") !== "true"; button.setAttribute("aria-pressed", String(onlySelected)); filter(); }
    if (button?.matches("[data-clear]")) choose(rows, false);
    if (button?.matches("[data-matches]")) { const hits = shown(); choose(hits, !hits.every(row => row.box.checked)); }
  });
  picker.addEventListener("change", event => {
    if (event.target.matches("[data-lvf]")) { level = event.target.value; filter(); }
    else if (event.target.matches("[data-all]")) choose(groups.find(group => group.all === event.target).rows.filter(row => !row.element.hidden), event.target.checked);
    else count();
  });
  form.addEventListener("change", event => { if (["eventsPolicy", "level"].includes(event.target.name)) { floor(); count(); } });
  list.addEventListener("keydown", event => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const boxes = shown().map(row => row.box), at = boxes.indexOf(document.activeElement);
    if (at < 0) return;
    event.preventDefault();
    const next = boxes[Math.max(0, Math.min(boxes.length - 1, at + (event.key === "ArrowDown" ? 1 : -1)))];
    next.focus();
    next.closest(".ev").scrollIntoView({ block: "nearest" });
  });
  floor();
  count();
}

// Marks where the words stand in the id.
function mark(row, words) {
  const found = words.map(word => [row.id.indexOf(word), word.length]).filter(([at]) => at >= 0).sort((a, b) => a[0] - b[0]);
  if (!found.length) { if (row.label.firstElementChild) row.label.textContent = row.id; return; }
  row.label.replaceChildren();
  let done = 0;
  for (const [at, length] of found) {
    if (at < done) continue;
    const marked = document.createElement("mark");
    marked.textContent = row.id.slice(at, at + length);
    row.label.append(row.id.slice(done, at), marked);
    done = at + length;
  }
  row.label.append(row.id.slice(done));
}

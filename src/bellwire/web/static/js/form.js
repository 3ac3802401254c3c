// The webhook form: what has changed, secrets shown and made, rows of headers, and the preview that follows.
const $ = (selector, root = document) => root.querySelector(selector);
const PREVIEW_MS = 350;
const KEY_BYTES = 32;

export function bindForm(form) {
  const first = written(form);
  const said = $(".dirty", form);
  let leaving = false, timer = 0;
  const unsaved = () => written(form) !== first || form.querySelector(".errs") !== null;

  function say() {
    const changed = unsaved();
    said.classList.toggle("on", changed);
    $("span", said).textContent = changed ? "Unsaved changes" : "No changes";
  }

  function changed() {
    say();
    clearTimeout(timer);
    timer = setTimeout(() => $("#preview").dispatchEvent(new CustomEvent("bw:preview")), PREVIEW_MS);
  }

  form.addEventListener("input", event => { if (event.target.name) changed(); });
  form.addEventListener("bw:changed", changed);
  form.addEventListener("submit", () => { leaving = true; });
  form.addEventListener("click", event => {
    if (event.target.closest("[data-leave]")) leaving = true;
    const button = event.target.closest("[data-act]");
    if (button) acts[button.dataset.act]?.(button, changed);
  });
  addEventListener("beforeunload", event => { if (!leaving && unsaved()) event.preventDefault(); });
  addEventListener("pageshow", () => { leaving = false; });
  say();
}

const acts = {
  reveal(button) {
    const input = $("input:not([type=hidden])", button.closest(".join"));
    show(input, button, input.type === "password");
  },
  generate(button, changed) {
    const input = $("input", button.closest(".join"));
    const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
    input.value = "whsec_" + btoa(String.fromCharCode(...bytes));
    show(input, $("[data-act=reveal]", button.closest(".join")), true);
    changed();
  },
  "add-header"(button) {
    const row = $("#kvr").content.firstElementChild.cloneNode(true);
    $("#kvr").before(row);
    $("input", row).focus();
  },
  "remove-header"(button, changed) {
    const add = $("[data-act=add-header]", button.closest(".kv"));
    button.closest(".kvr").remove();
    add.focus();
    changed();
  },
};

function show(input, button, visible) {
  input.type = visible ? "text" : "password";
  button.setAttribute("aria-pressed", String(visible));
  const use = $("use", button);
  use.setAttribute("href", use.getAttribute("href").replace(/#.*/, visible ? "#eye-off" : "#eye"));
}

// All that would be sent but rows that are empty.
function written(form) {
  const pairs = [...new FormData(form)].filter(([name, value]) => !(name.startsWith("header.") && value === ""));
  return JSON.stringify(pairs);
}

// A list of which some rows are chosen by check boxes: all of them at once, and how many there are.
const $$ = (selector, root) => [...root.querySelectorAll(selector)];

// Bound to the document, as a live page brings its list along anew.
export function bindPicks() {
  document.addEventListener("change", event => {
    const form = event.target.closest("[data-pick]");
    if (!form) return;
    const boxes = $$("tbody input[type=checkbox]", form);
    if (event.target.matches("[data-pick-all]")) for (const box of boxes) box.checked = event.target.checked;
    const chosen = boxes.filter(box => box.checked).length, all = form.querySelector("[data-pick-all]");
    all.checked = chosen > 0 && chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
    form.querySelector(".psum").textContent = chosen ? `${chosen} of ${boxes.length} chosen` : "None chosen";
  });
}

// The form that publishes an event: the keys of another type are filled in as long as nothing was written in their place.
export function bindPublish(form) {
  const data = form.elements.data;
  let filled = "filled" in data.dataset ? data.value : null;
  document.addEventListener("htmx:after:swap", () => {
    const { template } = document.getElementById("about").dataset;
    if (data.value.trim() !== "" && data.value !== filled) return;
    data.value = template;
    filled = data.value;
  });
}

// Times in the viewer's zone, which is known only here: the server writes UTC.
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

function shown(moment, form) {
  const today = day.format(moment) === day.format(new Date());
  const time = clock.format(moment) + (form === "ms" ? "." + String(moment.getMilliseconds()).padStart(3, "0") : "");
  return today ? time : `${day.format(moment)}, ${time}`;
}

export function localTimes(root = document) {
  for (const element of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(element.dateTime);
    const text = shown(moment, element.dataset.form);
    if (element.textContent !== text) element.textContent = text;
    element.title = `${exact.format(moment)} (${element.dateTime})`;
  }
}

export function shownTime(moment, form = "auto") {
  const element = document.createElement("time");
  element.dateTime = moment.toISOString();
  element.dataset.form = form;
  element.textContent = shown(moment, form);
  element.title = `${exact.format(moment)} (${element.dateTime})`;
  return element;
}

// Charts: draws what stands in the table of figures, with uPlot, and draws again when the table or the colours change.
const LIBRARY = new URL("../vendor/uplot-1.6.32.iife.min.js", import.meta.url);
const STYLE = new URL("../vendor/uplot-1.6.32.min.css", import.meta.url);
const HEIGHT = 168;
const FILL = 16;
const FORCED = { ok: "Highlight", bad: "CanvasText", warn: "CanvasText", info: "CanvasText", trc: "GrayText", dbg: "GrayText", line: "GrayText", "text-3": "CanvasText" };
const DASHES = { failed: [6, 3], p95: [6, 3], discarded: [2, 3], got: [10, 3] };
const OPEN = [2, 3];
const forced = matchMedia("(forced-colors: active)");

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });
const DAY_S = 86_400;

function library() {
  return new Promise((resolve, reject) => {
    const style = document.createElement("link"), script = document.createElement("script");
    Object.assign(style, { rel: "stylesheet", href: STYLE });
    Object.assign(script, { src: LIBRARY, onload: () => resolve(window.uPlot), onerror: reject });
    document.head.append(style, script);
  });
}

// The table is the truth: times of the rows, and a column for each line.
function figures(table) {
  const rows = [...table.tBodies[0].rows];
  const lines = {};
  for (const head of table.querySelectorAll("[data-line]")) {
    const at = head.cellIndex;
    lines[head.dataset.line] = {
      label: head.textContent, look: head.dataset.look, length: "length" in head.dataset,
      values: rows.map(({ cells }) => "length" in head.dataset ? (cells[at].dataset.v === undefined ? null : Number(cells[at].dataset.v)) : Number(cells[at].textContent.replaceAll(",", ""))),
    };
  }
  return { times: rows.map(row => Date.parse(row.querySelector("time").dateTime) / 1000), lines };
}

function shownLength(ms) {
  for (const [unit, name] of [[86_400_000, "d"], [3_600_000, "h"], [60_000, "min"], [1_000, "s"]]) if (ms >= unit) return `${Number((ms / unit).toFixed(1))} ${name}`;
  return `${Number(ms.toFixed(ms < 10 ? 1 : 0))} ms`;
}

function shownCount(count) {
  for (const [unit, name] of [[1e9, "G"], [1e6, "M"], [1e4, "k"]]) if (count >= unit) return `${Number((count / (name === "k" ? 1e3 : unit)).toFixed(1))}${name}`;
  return Number.isInteger(count) ? String(count) : "";
}

class Plot {
  constructor(uPlot, element, table) {
    this.uPlot = uPlot;
    this.element = element;
    this.table = table;
    this.names = element.dataset.chart.split(" ");
    this.build();
    new ResizeObserver(() => { if (element.clientWidth) this.chart.setSize({ width: element.clientWidth, height: HEIGHT }); }).observe(element);
  }

  data() {
    const { times, lines } = figures(this.table);
    this.lines = this.names.map(name => lines[name]);
    // The last span has not ended: what it has so far is drawn apart, or every line would seem to fall.
    const last = times.length - 1;
    const ended = ({ values }) => values.map((value, at) => at === last && last ? null : value);
    const open = ({ values }) => values.map((value, at) => at >= last - 1 ? value : null);
    return [times, ...this.lines.map(ended), ...this.lines.map(open)];
  }

  update() { this.chart.setData(this.data()); }

  // What is drawn on a canvas needs colours that are worked out already: an element that is shown has them.
  colours() {
    const probe = document.createElement("i");
    this.element.append(probe);
    const worked = written => { probe.style.color = written; return getComputedStyle(probe).color; };
    const of = name => worked(forced.matches ? FORCED[name] : `var(--${name})`);
    const found = {
      line: of("line"), text: of("text-3"), strokes: this.lines.map(line => of(line.look)),
      fills: this.lines.map(line => forced.matches ? null : worked(`color-mix(in oklab, var(--${line.look}) ${FILL}%, transparent)`)),
    };
    probe.remove();
    return found;
  }

  build() {
    const data = this.data(), { line, text, strokes, fills } = this.colours();
    const shown = this.lines[0].length ? shownLength : shownCount;
    const font = "11px 'Inter UI', system-ui", axis = { stroke: text, font, ticks: { show: false } };
    const several = data[0].at(-1) - data[0][0] > DAY_S;
    this.chart?.destroy();
    this.element.replaceChildren();
    this.tip = document.createElement("div");
    this.tip.className = "tip";
    this.tip.hidden = true;
    this.chart = new this.uPlot({
      width: this.element.clientWidth || 300, height: HEIGHT, padding: [8, 8, 0, 0], legend: { show: false },
      cursor: { sync: { key: "bellwire" }, y: false, drag: { x: false, y: false }, points: { size: 6 } },
      scales: { x: { time: true }, y: { range: (_, __, most) => [0, Math.max(most * 1.12, this.lines[0].length ? 10 : 4)] } },
      axes: [
        { ...axis, grid: { show: false }, size: 24, gap: 4, space: several ? 64 : 56, values: (_, times) => times.map(time => (several ? day : clock).format(new Date(time * 1000))) },
        { ...axis, grid: { stroke: line, width: 1 }, size: 52, gap: 6, space: 36, values: (_, values) => values.map(shown) },
      ],
      series: [
        {},
        ...this.lines.map((one, at) => ({
          stroke: strokes[at], fill: this.lines.length < 3 && !one.length ? fills[at] : undefined, width: 1.5,
          dash: forced.matches ? DASHES[this.names[at]] : undefined, points: { show: one.values.length < 20, size: 4, fill: strokes[at] },
        })),
        ...this.lines.map((_, at) => ({ stroke: strokes[at], width: 1.5, dash: OPEN, points: { show: false } })),
      ],
      hooks: { setCursor: [chart => this.point(chart, shown)] },
    }, data, this.element);
    this.element.append(this.tip);
  }

  point(chart, shown) {
    const at = chart.cursor.idx;
    this.tip.hidden = at === null || at === undefined || chart.cursor.left < 0;
    if (this.tip.hidden) return;
    const moment = new Date(chart.data[0][at] * 1000);
    const told = this.lines.map(({ label, values }) => `${label} ${values[at] === null ? "–" : shown(values[at])}`);
    this.tip.textContent = [`${day.format(moment)}, ${clock.format(moment)}`, ...told].join("   ");
  }
}

export async function drawCharts(elements) {
  const table = document.getElementById("figures");
  const uPlot = await library();
  await document.fonts.ready;
  const plots = elements.map(element => new Plot(uPlot, element, table));
  const again = () => { for (const plot of plots) plot.build(); };
  let due = 0;
  new MutationObserver(() => { cancelAnimationFrame(due); due = requestAnimationFrame(() => { for (const plot of plots) plot.update(); }); })
    .observe(table, { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ["datetime", "data-v"] });
  new MutationObserver(again).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  for (const query of [matchMedia("(prefers-color-scheme: dark)"), matchMedia("(prefers-contrast: more)"), forced]) query.addEventListener("change", again);
}

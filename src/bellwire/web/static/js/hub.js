// One event stream for all tabs of a browser, which allows six connections to a host: it says when to look again, and whom.
const TAB_MS = 3000;          // between two looks of a tab
const BROWSER_MS = 500;       // between two looks of any of them
const COST_PART = 500;        // a tab rests so many times longer than its look took the server
const SLOW_MS = 15000;        // for ages and countdowns, where nothing is told
const SILENCE_MS = 40000;     // the server is heard every 15 s
const HEAD_MS = 10000;        // until an answer must have begun
const IDLE_MS = 5000;         // without a tab that is shown, until the stream is left
const RETRY_MS = [500, 1000, 2000, 4000, 8000];
const LOOK_MS_MAX = 20000;    // after which a tab that does not answer has gone
const LINE_LENGTH_MAX = 1_000_000;
const STREAM = "/v1/live?pulse=true";

export class Hub {
  tabs = new Map();
  state = "connecting"; // live; asking: the server answers, but has no stream to give; stale; signed-out
  heardAt = Date.now();
  failures = 0;
  lookedAt = 0;

  join(port) {
    port.onmessage = ({ data }) => this.hear(port, data);
    port.start?.();
  }

  // A tab says: here {kinds, webhook, slow, everyMs, shown, focused, held}; looked {ok}; again; bye.
  hear(port, told) {
    if (told.is === "bye") this.tabs.delete(port);
    if (told.is === "here") {
      // What happened between the making of its page and now was told to nobody, so a new tab looks once.
      const tab = this.tabs.get(port) ?? { lookedAt: Date.now(), lookingSince: 0, due: true };
      if (!this.tabs.has(port)) port.postMessage(this.told());
      if (this.tabs.has(port) && ((told.shown && !tab.shown) || (tab.held && !told.held))) Object.assign(tab, { due: true, lookedAt: 0 });
      this.tabs.set(port, Object.assign(tab, told));
      if (this.state === "signed-out" && told.shown) this.retry();
    }
    if (told.is === "looked" && this.tabs.has(port)) {
      const tab = this.tabs.get(port);
      Object.assign(tab, { lookingSince: 0, lookedAt: Date.now(), due: tab.due || told.later });
      if (told.failed && this.state === "asking") this.become("stale");
    }
    // cost {ms}: what its last look took the server
    if (told.is === "cost" && this.tabs.has(port)) this.tabs.get(port).restMs = told.ms * COST_PART;
    if (told.is === "again") this.retry();
    this.review();
  }

  told() { return { is: "state", state: this.state, since: this.heardAt }; }

  become(state) {
    if (state === this.state) return;
    const wasApart = this.state !== "live" && this.state !== "asking";
    this.state = state;
    if (wasApart && (state === "live" || state === "asking")) for (const tab of this.tabs.values()) tab.due = true;
    for (const port of this.tabs.keys()) port.postMessage(this.told());
    this.plan();
  }

  review() {
    const shown = [...this.tabs.values()].some(tab => tab.shown);
    if (shown) { clearTimeout(this.idle); this.idle = 0; if (!this.stream && !this.waiting) this.connect(); }
    else if (this.stream && !this.idle) this.idle = setTimeout(() => { this.idle = 0; if (![...this.tabs.values()].some(tab => tab.shown)) this.leave(); }, IDLE_MS);
    this.plan();
  }

  leave() { clearTimeout(this.waiting); this.waiting = 0; this.stream?.abort(); this.stream = null; }

  retry() { clearTimeout(this.waiting); this.waiting = 0; if (!this.stream) this.review(); }

  async connect() {
    const stream = this.stream = new AbortController();
    let trouble = "stale";
    try {
      this.watch(HEAD_MS);
      const answer = await fetch(STREAM, { signal: stream.signal, headers: { Accept: "text/event-stream" }, cache: "no-store" });
      if (!answer.ok) { trouble = answer.status === 401 || answer.status === 403 ? "signed-out" : "asking"; throw new Error(String(answer.status)); }
      this.beat();
      for await (const pulse of pulses(answer.body, () => this.beat())) this.tell(pulse);
    } catch { /* said by what follows */ }
    clearTimeout(this.silence);
    if (this.stream !== stream) return;
    this.stream = null;
    const wait = RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)];
    if (this.failures++ || trouble !== "stale") this.become(trouble);
    this.waiting = setTimeout(() => { this.waiting = 0; this.review(); }, wait * (0.75 + Math.random() / 2));
    this.plan();
  }

  beat() {
    this.heardAt = Date.now();
    this.failures = 0;
    this.watch(SILENCE_MS);
    this.become("live");
  }

  watch(ms) { const { stream } = this; clearTimeout(this.silence); this.silence = setTimeout(() => stream?.abort(), ms); }

  tell(pulse) {
    for (const [port, tab] of this.tabs) {
      if (!tab.shown) continue;
      port.postMessage({ is: "pulse", pulse });
      if (concerns(pulse, tab)) tab.due = true;
    }
    this.plan();
  }

  // Lets one tab look at a time, that with the focus first.
  plan() {
    clearTimeout(this.planned);
    if (this.state !== "live" && this.state !== "asking") return;
    const now = Date.now();
    let next = Infinity;
    const waiting = [];
    for (const [port, tab] of this.tabs) {
      const rested = tab.lookedAt + (tab.restMs ?? 0);
      if (tab.shown && rested > now) { next = Math.min(next, rested); continue; }
      if (tab.lookingSince && now - tab.lookingSince > LOOK_MS_MAX) { this.tabs.delete(port); continue; }
      if (!tab.shown || tab.held || !tab.kinds || tab.lookingSince) continue;
      const at = tab.lookedAt + (this.state === "asking" ? TAB_MS : tab.due ? tab.everyMs ?? TAB_MS : tab.slow ? SLOW_MS : Infinity);
      if (at <= now) waiting.push([port, tab]); else next = Math.min(next, at);
    }
    if (waiting.length && now - this.lookedAt >= BROWSER_MS) {
      waiting.sort(([, a], [, b]) => Number(b.focused) - Number(a.focused) || a.lookedAt - b.lookedAt);
      const [port, tab] = waiting.shift();
      Object.assign(tab, { due: false, lookingSince: now });
      this.lookedAt = now;
      port.postMessage({ is: "look" });
    }
    if (waiting.length) next = Math.min(next, this.lookedAt + BROWSER_MS);
    if (next < Infinity) this.planned = setTimeout(() => this.plan(), Math.max(20, next - now));
  }
}

function concerns(pulse, { kinds, webhook }) {
  if (!kinds?.some(kind => pulse[kind])) return false;
  return !webhook || pulse.events > 0 || !pulse.webhookIds || pulse.webhookIds.includes(webhook);
}

// Server-sent events (WHATWG HTML §9.2): only the data of each; beats are for the caller to notice.
async function* pulses(body, beat) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    beat();
    text += value;
    const lines = text.split("\n");
    text = lines.pop();
    if (text.length > LINE_LENGTH_MAX) throw new Error("a line without end");
    for (const line of lines) if (line.startsWith("data: ")) yield JSON.parse(line.slice("data: ".length));
  }
}

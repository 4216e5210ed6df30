// The figures of the page, unpacked: tables by column become rows, rows are found by KPI, scope and period.
// No figure is computed here.

async function unpack(element) {
  const bytes = Uint8Array.from(atob(element.textContent.trim()), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

function rowsOf(columns) {
  const names = Object.keys(columns).filter((name) => columns[name] !== null);
  const read = names.map((name) => {
    const column = columns[name];
    if (Array.isArray(column)) return (row) => column[row];
    return (row) => (column.places[row] === null ? null : column.texts[column.places[row]]);
  });
  const first = names.length ? columns[names[0]] : [];
  const length = Array.isArray(first) ? first.length : first.places.length;
  const rows = new Array(length);
  for (let row = 0; row < length; row += 1) {
    const made = {};
    for (let place = 0; place < names.length; place += 1) made[names[place]] = read[place](row);
    rows[row] = made;
  }
  return rows;
}

const key = (k, s, p) => `${k}|${s}|${p}`;

export const store = {
  facts: new Map(),
  signals: new Map(),
  outlooks: new Map(),
  drivers: new Map(),
  scores: new Map(),
  weights: new Map(),
  events: new Map(),
  weeks: new Map(),
  objectives: [],
  leftOut: [],
};

function put(map, rows) {
  for (const row of rows) map.set(key(row.k, row.s, row.p), row);
}

function gather(map, rows, name) {
  for (const row of rows) {
    const found = name(row);
    const list = map.get(found);
    if (list) list.push(row);
    else map.set(found, [row]);
  }
}

function take(name, part) {
  if (part.facts) put(store.facts, rowsOf(part.facts));
  if (part.signals) put(store.signals, rowsOf(part.signals));
  if (part.outlook) gather(store.outlooks, rowsOf(part.outlook), (row) => key(row.k, row.s, row.p));
  if (part.scores) gather(store.scores, rowsOf(part.scores), (row) => `${row.s}|${row.p}`);
  if (part.weights) gather(store.weights, rowsOf(part.weights), (row) => `${row.s}|${row.p}`);
  if (part.events) gather(store.events, rowsOf(part.events), (row) => `${row.k}|${row.s}`);
  if (name === "weeks") gather(store.weeks, rowsOf(part), (row) => row.k);
  if (name === "left_out") store.leftOut = part;
  if (name.startsWith("drivers")) gather(store.drivers, rowsOf(part), (row) => key(row.k, row.s, row.p));
}

/** The frame and the company's figures: what the first view needs. */
export async function loadCore() {
  const core = await unpack(document.getElementById("data-core"));
  for (const name of ["edition", "periods", "kpis", "scopes", "statuses", "goals", "objectives", "words"]) {
    store[name] = core[name];
  }
  store.defaultPeriod = core.default;
  store.kpis.forEach((kpi, k) => {
    kpi.k = k;
    kpi.grainList = (kpi.grains || "").split(",");
  });
  store.periods.forEach((period, p) => {
    period.p = p;
    period.slug = period.name.replaceAll(" ", "-");
  });
  store.scopes.forEach((scope, s) => {
    scope.s = s;
  });
  store.kpiById = new Map(store.kpis.map((kpi) => [kpi.id, kpi]));
  store.statusById = new Map(store.statuses.map((status) => [status.status, status]));
  store.tree = rowsOf(core.tree);
  take("core", core);
}

/** Everything else, once the first view is there. */
export async function loadParts() {
  const elements = [...document.querySelectorAll("script.part")];
  const parts = await Promise.all(elements.map(unpack));
  parts.forEach((part, place) => take(elements[place].dataset.part, part));
}

export const factAt = (k, s, p) => store.facts.get(key(k, s, p));
export const signalAt = (k, s, p) => store.signals.get(key(k, s, p));
export const outlooksAt = (k, s, p) => store.outlooks.get(key(k, s, p)) || [];
export const driversAt = (k, s, p) => store.drivers.get(key(k, s, p)) || [];
export const scoresAt = (s, p) => store.scores.get(`${s}|${p}`) || [];
export const weightsAt = (s, p) => store.weights.get(`${s}|${p}`) || [];

/** The KPI at the period; of one that has no such periods, its latest that ends by then. */
export function factFor(kpi, s, period) {
  const fact = factAt(kpi.k, s, period.p);
  if (fact || kpi.grainList.includes(period.grain)) return fact;
  const grain = ["month", "quarter", "year"].find((one) => kpi.grainList.includes(one));
  for (let p = store.periods.length - 1; p >= 0; p -= 1) {
    const other = store.periods[p];
    if (other.grain === grain && other.end <= period.end) {
      const found = factAt(kpi.k, s, p);
      if (found) return found;
    }
  }
  return undefined;
}

/** All periods of a grain, oldest first, that end by the given day. */
export function periodsOf(grain, until) {
  return store.periods.filter((period) => period.grain === grain && (!until || period.end <= until));
}

/** The KPI's curve in a grain: a point for each period with what is known of it. */
export function seriesOf(kpi, s, grain, until, count) {
  if (grain === "week") {
    return (store.weeks.get(kpi.k) || []).map((row) => ({
      name: row.start, start: row.start, end: row.end_date, open: row.is_open, value: row.a ?? null,
      target: row.t ?? null, lower: row.lo ?? null, upper: row.hi ?? null,
      signal: { c: row.c, l: row.l, u: row.u, rule: row.rule },
    }));
  }
  const points = [];
  for (const period of periodsOf(grain, until)) {
    const fact = factAt(kpi.k, s, period.p);
    if (!fact) continue;
    points.push({
      name: period.name, start: period.start, end: period.end, open: period.open, period, value: fact.a ?? null,
      target: fact.t ?? null, lower: fact.lo ?? null, upper: fact.hi ?? null, status: fact.st,
      signal: signalAt(kpi.k, s, period.p),
    });
  }
  while (points.length && points[0].value === null) points.shift();
  return count ? points.slice(-count) : points;
}

/** The grain of the small curve: months where the KPI has them. */
export function sparkGrain(kpi) {
  return ["month", "quarter", "year"].find((grain) => kpi.grainList.includes(grain));
}

/** Whether the figure of a period is news: by its own limits, or else by those of the months inside it. */
export function newsOf(kpi, s, fact) {
  const period = store.periods[fact.p];
  const own = signalAt(kpi.k, s, fact.p);
  const known = (signal) => signal && signal.c !== null && signal.c !== undefined;
  if (known(own)) return { kind: own.rule ? "signal" : "noise", at: [{ period, signal: own }], monthly: false };
  const months = store.periods
    .filter((one) => one.grain === "month" && one.start >= period.start && one.end <= period.end)
    .map((one) => ({ period: one, signal: signalAt(kpi.k, s, one.p) }))
    .filter((one) => known(one.signal));
  const signals = months.filter((one) => one.signal.rule);
  if (signals.length) return { kind: "signal", at: signals, monthly: true };
  if (months.length && period.grain !== "month") return { kind: "noise", at: months, monthly: true };
  return { kind: "unknown", why: own?.why || (period.open ? "open" : null), at: [] };
}

/** Where the period will end; for a settled one, the open year it lies before or in. */
export function outlookFor(kpi, s, period) {
  const open = outlookPeriod(period);
  if (!open) return undefined;
  for (const one of [open, ...store.periods.filter((other) => other.open && other.p !== open.p)]) {
    const rows = outlooksAt(kpi.k, s, one.p);
    if (rows.length) return { period: one, row: rows.find((row) => row.ch) || rows[0], all: rows };
  }
  return undefined;
}

export function outlookPeriod(period) {
  if (period.open) return period;
  const open = store.periods.filter((one) => one.open);
  return ["year", "quarter", "month"].map((grain) => open.find((one) => one.grain === grain)).find(Boolean);
}

/** Since when the status has lasted at the end of a period, by the steady status of the period's grain. */
export function eventFor(kpi, s, fact, period = store.periods[fact.p]) {
  const steady = fact.st === "achieved" ? "on_track" : fact.st;
  return (store.events.get(`${kpi.k}|${s}`) || []).find(
    (event) =>
      event.g === period.grain && event.st === steady && event.since <= period.start &&
      (!event.until || event.until > period.start),
  );
}

/** The newest month inside a longer period: where the period itself has just turned, its months may have turned before. */
export function newestMonth(period) {
  if (period.grain === "month") return undefined;
  return store.periods.findLast((one) => one.grain === "month" && !one.open && one.start >= period.start && one.end <= period.end);
}

/** How many periods of a grain lie from a day to a period, both included. */
export function lasted(grain, since, period) {
  return store.periods.filter((one) => one.grain === grain && one.start >= since && one.start <= period.start).length;
}

/** What worked most against the target, or against last year; of a KPI on its target, most for it. */
export function mainDriver(kpi, s, p) {
  const rows = driversAt(kpi.k, s, p);
  for (const against of ["target", "last_year", "previous"]) {
    const members = rows.filter((row) => row.cw === against && row.dt !== "not_planned" && row.x);
    if (!members.length) continue;
    const adverse = members.filter((row) => row.f < 0);
    const chosen = (adverse.length ? adverse : members).reduce((most, row) =>
      Math.abs(row.x) > Math.abs(most.x) ? row : most,
    );
    return chosen;
  }
  return undefined;
}

/** The KPIs of the balanced scorecard by perspective; where the plan weighs none, the strategic ones. */
export function balanced(s, period) {
  const weights = weightsAt(s, period.p);
  const listed = weights.length
    ? weights.map((row) => ({ kpi: store.kpis[row.k], perspective: row.pe, weight: row.w }))
    : store.kpis
        .filter((kpi) => kpi.level === "strategic" && factFor(kpi, s, period))
        .map((kpi) => ({ kpi, perspective: kpi.perspective, weight: null }));
  return listed.map((one) => ({ ...one, fact: factFor(one.kpi, s, period) })).filter((one) => one.fact);
}

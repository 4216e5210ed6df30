// The page: what is chosen, what is shown of it, and the address that says so.
import { render } from "preact";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { factFor, loadCore, loadParts, mainDriver, scoresAt, store } from "page/data";
import { Detail } from "page/detail";
import { collator, date, percent, periodName, scopeName, score, setLanguage, t, text } from "page/format";
import { Objectives } from "page/objectives";
import { Glyph, Status, flagsOf, html, statusLabel } from "page/shapes";
import { DriverText, Summary } from "page/summary";
import { KpiTable, perspectivesOf } from "page/table";

const is = (figure) => figure !== null && figure !== undefined;
const STATUSES = ["off_track", "at_risk", "on_track", "achieved", "held", "no_target", "no_data"];

/** What the address says: #kpi=…&period=2025-Q4&scope=region:Skåne&at=…&lang=sv&theme=dark */
function readAddress() {
  const said = new URLSearchParams(location.hash.slice(1));
  const scopeAt = (name) => {
    const wanted = said.get(name);
    const found = wanted ? store.scopes.findIndex((scope) => `${scope.type}:${scope.id}` === wanted) : 0;
    return Math.max(0, found);
  };
  const period = store.periods.find((one) => one.chosen && one.slug === said.get("period"));
  const kpi = store.kpiById.get(said.get("kpi"));
  const preferred = navigator.language?.toLowerCase().startsWith("sv") ? "sv" : "en";
  const s = scopeAt("scope");
  return {
    language: ["en", "sv"].includes(said.get("lang")) ? said.get("lang") : preferred,
    p: period ? period.p : store.defaultPeriod,
    s,
    kpi: kpi ? kpi.k : null,
    at: said.has("at") ? scopeAt("at") : s,
    theme: ["light", "dark"].includes(said.get("theme")) ? said.get("theme") : "auto",
  };
}

function writeAddress(state) {
  const named = (s) => `${store.scopes[s].type}:${store.scopes[s].id}`;
  const said = new URLSearchParams();
  if (state.kpi !== null) said.set("kpi", store.kpis[state.kpi].id);
  if (state.p !== store.defaultPeriod) said.set("period", store.periods[state.p].slug);
  if (state.s !== 0) said.set("scope", named(state.s));
  if (state.kpi !== null && state.at !== state.s) said.set("at", named(state.at));
  said.set("lang", state.language);
  if (state.theme !== "auto") said.set("theme", state.theme);
  return `#${said.toString().replaceAll("%3A", ":")}`;
}

function App() {
  const [state, setState] = useState(readAddress);
  const [loaded, setLoaded] = useState(false);
  const [filter, setFilter] = useState({ words: "", department: "", status: "" });
  const before = useRef(state.kpi);
  setLanguage(state.language);
  const period = store.periods[state.p];
  const scope = store.scopes[state.s];

  useEffect(() => {
    const later = setTimeout(() => loadParts().then(() => setLoaded(true)), 0);
    const again = () => setState(readAddress());
    addEventListener("hashchange", again);
    return () => {
      clearTimeout(later);
      removeEventListener("hashchange", again);
    };
  }, []);
  useLayoutEffect(() => {
    document.documentElement.lang = state.language;
    if (state.theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = state.theme;
    document.title = `${store.edition.company} · ${t("title")} ${periodName(period)}`;
    // a KPI that is opened is a step that the browser's way back undoes: a phone has no Escape
    const opened = state.kpi !== null && before.current === null;
    before.current = state.kpi;
    if (writeAddress(state) !== location.hash) history[opened ? "pushState" : "replaceState"](null, "", writeAddress(state));
  }, [state]);

  const change = (some) => setState((before) => ({ ...before, ...some }));
  const open = useCallback((kpi, at) => change({ kpi: kpi.k, at }), []);
  const close = useCallback(() => change({ kpi: null }), []);
  const showAll = () => {
    setFilter({ words: "", department: "", status: "off_track" });
    document.getElementById("all").scrollIntoView();
    document.getElementById("search").focus({ preventScroll: true });
  };
  const perspectives = useMemo(() => perspectivesOf(state.s, period), [state.s, period, loaded, state.language]);
  return html`
    <a class="skip" href="#main" onClick=${(event) => { event.preventDefault(); document.getElementById("main").focus(); }}>${t("skip")}</a>
    <${Top} state=${state} change=${change} period=${period} loaded=${loaded} />
    <main id="main" tabindex="-1">
      <${Warnings} />
      <${Summary} s=${state.s} period=${period} open=${open} showAll=${showAll} />
      ${perspectives.map(({ name, rows }) => html`<${Perspective} key=${name} name=${name} rows=${rows} s=${state.s} period=${period} open=${open} />`)}
      <${Objectives} s=${state.s} period=${period} open=${open} />
      ${loaded && html`<${All} s=${state.s} period=${period} open=${open} filter=${filter} setFilter=${setFilter} />`}
      <${Legend} />
    </main>
    <${Foot} />
    ${state.kpi !== null && html`<${Detail} kpi=${store.kpis[state.kpi]} s=${state.at} period=${period} close=${close} open=${open} loaded=${loaded} />`}
  `;
}

function Top({ state, change, period, loaded }) {
  const chosen = store.periods.filter((one) => one.chosen);
  const group = (name, periods) => periods.length > 0 && html`<optgroup label=${name}>
    ${[...periods].reverse().map((one) => html`<option key=${one.p} value=${one.p} selected=${one.p === state.p}>${periodName(one)}${one.open ? ` (${t("period.open")})` : ""}</option>`)}
  </optgroup>`;
  const scoped = useMemo(() => {
    const types = new Map();
    for (const scope of store.scopes) {
      if (scope.s && scoresAt(scope.s, state.p).some((row) => row.n)) types.set(scope.type, [...(types.get(scope.type) || []), scope]);
    }
    return types;
  }, [loaded, state.p]);
  const current = store.scopes[state.s];
  const listed = state.s === 0 || (scoped.get(current.type) || []).includes(current);
  return html`<header class="top">
    <div class="name"><h1 dir="auto">${store.edition.company}</h1>
      <p>${t("title")} <b>${periodName(period)}</b>${period.open ? ` ${t("period.so_far")}` : ""}${state.s ? html` · <span dir="auto">${current.name}</span>` : ""} · ${t("as_of", { day: date(store.edition.as_of) })}</p></div>
    <div class="controls">
      <label><span>${t("control.period")}</span>
        <select id="period" value=${state.p} onChange=${(event) => change({ p: Number(event.target.value) })}>
          ${group(t("period.group_open"), chosen.filter((one) => one.open))}
          ${group(t("period.group_quarter"), chosen.filter((one) => !one.open && one.grain === "quarter"))}
          ${group(t("period.group_month"), chosen.filter((one) => !one.open && one.grain === "month"))}
          ${group(t("period.group_year"), chosen.filter((one) => !one.open && one.grain === "year"))}
        </select></label>
      <label><span>${t("control.scope")}</span>
        <select id="scope" value=${state.s} onChange=${(event) => change({ s: Number(event.target.value) })}>
          <option value="0" selected=${state.s === 0}>${t("scope.whole_company")}</option>
          ${!listed && html`<option value=${state.s} selected>${current.name}</option>`}
          ${[...scoped].map(([type, scopes]) => html`<optgroup key=${type} label=${t(`scope.${type}`)}>${scopes.map((one) => html`<option key=${one.s} value=${one.s} selected=${one.s === state.s}>${one.name}</option>`)}</optgroup>`)}
        </select></label>
      <div class="switch" role="group" aria-label=${t("control.language")}>
        ${[["en", "English"], ["sv", "Svenska"]].map(([one, name]) => html`<button type="button" key=${one} lang=${one} aria-pressed=${state.language === one ? "true" : "false"} aria-label=${name} onClick=${() => change({ language: one })}>${one.toUpperCase()}</button>`)}
      </div>
      <div class="switch" role="group" aria-label=${t("control.theme")}>
        ${[["auto", "◐"], ["light", "☀"], ["dark", "☾"]].map(([one, sign]) => html`<button type="button" key=${one} aria-pressed=${state.theme === one ? "true" : "false"} aria-label=${t(`theme.${one}`)} title=${t(`theme.${one}`)} onClick=${() => change({ theme: one })}>${sign}\uFE0E</button>`)}
      </div>
      <button type="button" class="print-button" onClick=${() => print()}>${t("control.print")}</button>
    </div>
  </header>`;
}

function Warnings() {
  if (!store.leftOut.length) return null;
  return html`<details class="notice left-out"><summary>${t("left_out.title", { count: store.leftOut.length })}</summary>
    <p>${t("left_out.how")}</p>
    <ul>${store.leftOut.map((part) => html`<li key=${part.kind + part.subject}>${t(`left_out.${part.kind}`)}: ${t(`scope.${part.subject}`)} <code>${part.query}</code></li>`)}</ul>
  </details>`;
}

function Perspective({ name, rows, s, period, open }) {
  const balance = scoresAt(s, period.p).find((row) => row.pe === name);
  return html`<section class=${`perspective sheet-page ${rows.length > 12 ? "many" : ""}`} id=${`perspective-${name}`} aria-labelledby=${`title-${name}`}>
    <p class="print-head">${store.edition.company} · ${t("title")} ${periodName(period)} · ${scopeName(store.scopes[s])} · ${t("as_of", { day: date(store.edition.as_of) })}</p>
    <div class="section-head"><h2 id=${`title-${name}`}>${t(`perspective.${name}`)}</h2>
      ${balance && html`<p class="balance"><${Status} status=${balance.st} /> ${is(balance.sc) && html`<b>${score(balance.sc)}</b> ${t("detail.of_ten")}`}
        <span class="muted">${t("perspective.coverage", { scored: balance.sn, count: balance.n, coverage: percent(balance.co) })}</span></p>`}</div>
    <${KpiTable} rows=${rows} s=${s} period=${period} open=${open} caption=${t(`perspective.${name}`)} />
    ${rows.length <= 9 && html`<div class="print-notes" aria-hidden="true">${rows.map(({ kpi, fact }) => html`<div key=${kpi.id}>
      <h4>${text(kpi, "title")}</h4><p>${text(kpi, "description")} <span class="muted">${kpi.formula}. ${text(kpi, "owner")}.</span></p>
      ${["off_track", "at_risk"].includes(fact.st) && mainDriver(kpi, s, fact.p) && html`<p><b>${t("attention.driver")}:</b> <${DriverText} kpi=${kpi} s=${s} p=${fact.p} /></p>`}
      ${flagsOf(fact).map((flag) => html`<p key=${flag}><b>${t(`flag.${flag}`)}:</b> ${t(`why.${flag}`)}</p>`)}
    </div>`)}</div>`}
  </section>`;
}

function All({ s, period, open, filter, setFilter }) {
  const words = filter.words.trim().toLocaleLowerCase();
  const candidates = useMemo(
    () => store.kpis.map((kpi) => ({ kpi, fact: factFor(kpi, s, period) })).filter((one) => one.fact),
    [s, period],
  );
  const shown = candidates.filter(
    ({ kpi, fact }) =>
      (!filter.department || kpi.department === filter.department) &&
      (!filter.status || fact.st === filter.status) &&
      (!words || [kpi.title_en, kpi.title_sv, kpi.id, text(kpi, "description"), t(`department.${kpi.department}`)].some((one) => (one || "").toLocaleLowerCase().includes(words))),
  );
  const departments = [...new Set(store.kpis.map((kpi) => kpi.department))]
    .map((name) => [name, t(`department.${name}`)])
    .sort((one, other) => collator().compare(one[1], other[1]));
  const filtered = words || filter.department || filter.status;
  return html`<section class="all screen" id="all" aria-labelledby="all-title">
    <div class="section-head"><h2 id="all-title">${t("all.title")}</h2>
      <p class="muted" role="status">${t("all.count", { shown: shown.length, count: candidates.length })}</p></div>
    <div class="filters">
      <label><span>${t("all.search")}</span><input id="search" type="search" value=${filter.words} onInput=${(event) => setFilter({ ...filter, words: event.target.value })} /></label>
      <label><span>${t("all.department")}</span><select id="department" onChange=${(event) => setFilter({ ...filter, department: event.target.value })}>
        <option value="" selected=${!filter.department}>${t("all.every")}</option>
        ${departments.map(([name, words]) => html`<option key=${name} value=${name} selected=${filter.department === name}>${words}</option>`)}</select></label>
      <label><span>${t("col.status")}</span><select id="status" onChange=${(event) => setFilter({ ...filter, status: event.target.value })}>
        <option value="" selected=${!filter.status}>${t("all.every")}</option>
        ${STATUSES.map((name) => html`<option key=${name} value=${name} selected=${filter.status === name}>${statusLabel(name)}</option>`)}</select></label>
      ${filtered && html`<button type="button" onClick=${() => setFilter({ words: "", department: "", status: "" })}>${t("all.clear")}</button>`}
    </div>
    ${departments.map(([name, words]) => {
      const rows = shown.filter(({ kpi }) => kpi.department === name)
        .sort((one, other) => collator().compare(text(one.kpi, "title"), text(other.kpi, "title")));
      return rows.length > 0 && html`<${Department} key=${name + Boolean(filtered)} words=${words} rows=${rows} s=${s} period=${period} open=${open} opened=${Boolean(filtered)} />`;
    })}
    ${shown.length === 0 && html`<p class="none">${t("all.nothing")}</p>`}
  </section>`;
}

/** A department's KPIs; its rows are made when it is opened. */
function Department({ words, rows, s, period, open, opened }) {
  const [shown, setShown] = useState(opened);
  const count = (status) => rows.filter(({ fact }) => fact.st === status).length;
  return html`<details class="department" open=${shown} onToggle=${(event) => setShown(event.target.open)}>
    <summary><h3>${words}</h3> <span class="muted">${rows.length}</span>
      <span class="mini">${STATUSES.filter((status) => count(status)).map((status) => html`<span key=${status} title=${statusLabel(status)}><${Glyph} status=${status} /><span class="sr">${statusLabel(status)}: </span>${count(status)}</span>`)}</span></summary>
    ${shown && html`<${KpiTable} rows=${rows} s=${s} period=${period} open=${open} caption=${words} />`}
  </details>`;
}

function Legend() {
  return html`<section class="legend" id="legend" aria-labelledby="legend-title"><h2 id="legend-title">${t("legend.title")}</h2>
    <dl>
      ${store.statuses.filter((one) => STATUSES.includes(one.status)).sort((one, other) => STATUSES.indexOf(one.status) - STATUSES.indexOf(other.status)).map((one) => html`<div key=${one.status}><dt><${Status} status=${one.status} /></dt><dd>${text(one, "meaning")}</dd></div>`)}
      <div><dt><span class="change good"><svg viewBox="0 0 10 10" width="10" height="10" aria-hidden="true"><path d="M5 1.5L9.3 9H.7z" /></svg></span> ${t("legend.arrow")}</dt><dd>${t("legend.arrow_means")}</dd></div>
      <div><dt><svg class="spark" viewBox="0 0 44 16" width="44" height="16" aria-hidden="true"><rect class="band" x="0" y="4" width="44" height="9" /><path class="curve" d="M1 9l9 2 9-4 9 3 9-8" /><rect class="signal even" x="34" y="-1" width="6" height="6" transform="rotate(45 37 2)" /></svg> ${t("legend.limits")}</dt><dd>${t("legend.limits_mean")}</dd></div>
      <div><dt>${t("col.outlook")}</dt><dd>${t("legend.outlook")}</dd></div>
      <div><dt>${t("col.score")}</dt><dd>${t("legend.score")}</dd></div>
      <div><dt><span class="flag held">${t("flag.held")}</span> <span class="flag stale">${t("flag.stale")}</span> <span class="flag withheld">${t("flag.withheld")}</span></dt><dd>${t("legend.flags")}</dd></div>
    </dl></section>`;
}

function Foot() {
  const { edition } = store;
  return html`<footer><p>${t("foot", { edition: edition.id, published: edition.published_at.slice(0, 16), passed: edition.checks_evaluated - edition.checks_failed, count: edition.checks_evaluated, currency: edition.currency })} ${t("foot.people")}</p></footer>`;
}

await loadCore();
setLanguage(readAddress().language);
const place = document.getElementById("app");
place.textContent = "";
render(html`<${App} />`, place);

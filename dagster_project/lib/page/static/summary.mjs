// What a manager reads first: how it stands, and what needs attention.
import { balanced, eventFor, factFor, lasted, mainDriver, newestMonth, newsOf, outlookFor, scoresAt, store } from "page/data";
import { chance, change, date, interval, percent, periodName, periodStarting, scopeName, score, sentence, t, target, text, value } from "page/format";
import { Glyph, Status, flagsOf, html, statusLabel } from "page/shapes";

const is = (figure) => figure !== null && figure !== undefined;
const ORDER = ["achieved", "on_track", "at_risk", "off_track", "held", "no_target", "no_data"];

export function since(kpi, s, fact) {
  const period = store.periods[fact.p];
  for (const one of [period, newestMonth(period)]) {
    const event = one && eventFor(kpi, s, fact, one);
    if (event) {
      return { text: periodStarting(event.g, event.since), count: lasted(event.g, event.since, one), grain: event.g, own: one === period };
    }
  }
  return null;
}

export function SinceText({ kpi, s, fact }) {
  const found = since(kpi, s, fact);
  if (!found) return html`<span class="none">${t("since.new")}</span>`;
  return html`<span>${found.text} <small class="nowrap">${t(`since.count.${found.grain}`, { count: found.count })}</small>${!found.own && html`<small class="block">${t("since.months")}</small>`}</span>`;
}

export function NewsText({ kpi, s, fact }) {
  const news = newsOf(kpi, s, fact);
  if (news.kind === "unknown") return html`<span class="none">${t(`limits.${news.why || "none"}`)}</span>`;
  if (news.kind === "noise") return html`<span>${t("news.noise")} <small class="block">${t(news.monthly ? "news.noise_months" : "news.noise_own")}</small></span>`;
  const last = news.at.at(-1);
  return html`<span><b>${t("news.signal")}</b> <small class="block">${news.monthly ? `${periodName(last.period, true)}: ` : ""}${t(`rule.${last.signal.rule}`)}</small></span>`;
}

export const driverName = (row) => text(row, null) || t(`driver.${row.dt}`);

export function DriverText({ kpi, s, p }) {
  const row = mainDriver(kpi, s, p);
  if (!row) return html`<span class="none">–</span>`;
  return html`<span><span dir="auto">${driverName(row)}</span> <b class=${`nowrap ${row.f < 0 ? "bad-text" : ""}`}>${change(kpi, row.x)}</b> <small class="block">${t(`dimension.${row.d}`)}, ${t(`against.${row.cw}`)}</small></span>`;
}

export function OutlookText({ kpi, s, period }) {
  const found = outlookFor(kpi, s, period);
  if (!found) return html`<span class="none">${t("outlook.settled")}</span>`;
  const { row } = found;
  if (!is(row.v)) return html`<span class="none">${periodName(found.period, true)}: ${t(`outlook.why.${row.why || "none"}`)}</span>`;
  return html`<span>${periodName(found.period, true)}: <b>${value(kpi, row.v)}</b> <small><span class=${is(row.l) ? "nowrap" : ""}>(${interval(kpi, row)})</span>${is(row.chance) ? html`<br />${t("outlook.chance", { chance: chance(row.chance) })}` : ""}</small></span>`;
}

export function Summary({ s, period, open, showAll }) {
  const rows = balanced(s, period);
  const counts = new Map(ORDER.map((status) => [status, rows.filter((row) => row.fact.st === status).length]));
  const whole = scoresAt(s, period.p).find((row) => row.pe === "all");
  const met = counts.get("achieved") + counts.get("on_track");
  const scope = store.scopes[s];
  const attention = rows
    .filter(({ fact }) => fact.st === "off_track" || fact.st === "held")
    .sort((one, other) => (one.fact.st === "held") - (other.fact.st === "held") || (one.fact.sc ?? 9) - (other.fact.sc ?? 9));
  const risk = rows.filter(({ fact }) => fact.st === "at_risk");
  const onBoard = new Set(rows.map((row) => row.kpi.k));
  const beyond = store.kpis.filter((kpi) => !onBoard.has(kpi.k) && factFor(kpi, s, period)?.st === "off_track").length;
  const good = rows.filter(({ kpi, fact }) => {
    const news = newsOf(kpi, s, fact);
    return fact.st !== "off_track" && news.kind === "signal" && news.at.at(-1).signal.fav === 1;
  });
  const doubtful = rows.filter(({ fact }) => flagsOf(fact).some((flag) => flag !== "warning" && flag !== "held"));
  if (!rows.length) return html`<section class="summary" id="summary"><p class="lead">${t("summary.empty")}</p></section>`;
  return html`<section class="summary" id="summary" aria-labelledby="summary-title">
    <div class="lead-row">
      <h2 id="summary-title" class="lead">
        ${sentence(t(period.open ? "summary.open" : "summary.settled", { period: periodName(period), scope: scopeName(scope), met, count: rows.length, until: date(store.edition.as_of) }))}
        ${whole && is(whole.sc) ? ` ${t("summary.score", { score: score(whole.sc), coverage: percent(whole.co) })}` : ""}
      </h2>
      <ul class="counts" aria-label=${t("summary.counts")}>
        ${ORDER.filter((status) => counts.get(status)).map((status) => html`<li key=${status}><${Glyph} status=${status} /> <b>${counts.get(status)}</b> ${statusLabel(status).toLocaleLowerCase()}</li>`)}
      </ul>
    </div>
    <h3>${t("attention.title")}</h3>
    ${attention.length === 0 && html`<p>${t("attention.nothing")}</p>`}
    ${attention.length > 0 && html`<table role="table" class="attention">
      <caption class="sr">${t("attention.title")}</caption>
      <thead role="rowgroup"><tr role="row">
        <th role="columnheader" scope="col">${t("col.kpi")}</th>
        <th role="columnheader" scope="col" class="num">${t("attention.figures")}</th>
        <th role="columnheader" scope="col">${t("attention.since")}</th>
        <th role="columnheader" scope="col">${t("attention.news")}</th>
        <th role="columnheader" scope="col">${t("attention.driver")}</th>
        <th role="columnheader" scope="col">${t("attention.outlook")}</th>
      </tr></thead>
      <tbody role="rowgroup">
        ${attention.map(({ kpi, fact }) => html`<tr role="row" key=${kpi.id} onClick=${() => open(kpi, s)}>
          <th role="rowheader" scope="row"><span class="with-glyph"><${Status} status=${fact.st} short /> <button type="button" class="link" aria-haspopup="dialog" onClick=${(event) => { event.stopPropagation(); open(kpi, s); }}>${text(kpi, "title")}</button></span></th>
          <td role="cell" class="num" data-label=${t("attention.figures")}><div><b>${value(kpi, fact.a)}</b>${fact.st !== "held" && html` <small class="block">${t("attention.of", { target: target(kpi, fact) })}</small>`}</div></td>
          ${fact.st === "held"
            ? html`<td role="cell" colspan="4" class="wide"><b>${t("why.held")}</b> ${held(fact)}</td>`
            : html`
              <td role="cell" data-label=${t("attention.since")}><${SinceText} kpi=${kpi} s=${s} fact=${fact} /></td>
              <td role="cell" data-label=${t("attention.news")}><${NewsText} kpi=${kpi} s=${s} fact=${fact} /></td>
              <td role="cell" data-label=${t("attention.driver")}><${DriverText} kpi=${kpi} s=${s} p=${fact.p} /></td>
              <td role="cell" data-label=${t("attention.outlook")}><${OutlookText} kpi=${kpi} s=${s} period=${period} /></td>`}
        </tr>`)}
      </tbody>
    </table>`}
    <p class="also">
      ${risk.length > 0 && html`<span><${Glyph} status="at_risk" /> ${t("attention.risk")} ${list(risk, s, open)}. </span>`}
      ${good.length > 0 && html`<span><b>${t("attention.good")}</b> ${list(good, s, open)}. </span>`}
      ${doubtful.length > 0 && html`<span><b>${t("attention.doubtful")}</b> ${list(doubtful, s, open)}. </span>`}
      ${beyond > 0 && html`<button type="button" class="link screen" onClick=${showAll}>${t("attention.beyond", { count: beyond })}</button>`}
    </p>
  </section>`;
}

export function held(fact) {
  const parts = [];
  if (fact.hc) parts.push(t("held.check", { check: fact.hc }));
  if (fact.hs) parts.push(t("held.since", { day: date(fact.hs) }));
  if (fact.va) parts.push(t("held.value", { day: date(fact.va) }));
  return parts.join(" ");
}

function list(rows, s, open) {
  return rows.map(({ kpi }, place) => html`${place ? ", " : ""}<button type="button" key=${kpi.id} class="link" aria-haspopup="dialog" onClick=${() => open(kpi, s)}>${text(kpi, "title")}</button>`);
}

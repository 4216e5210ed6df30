// The table of KPIs: one row each, the same columns everywhere.
import { store, balanced, newsOf, outlookFor, outlookPeriod } from "page/data";
import { chance, change, hasTarget, interval, periodName, score, t, target, text, value } from "page/format";
import { Change, Flags, Status, html } from "page/shapes";
import { Spark } from "page/spark";

const is = (figure) => figure !== null && figure !== undefined;

export function OutlookCell({ kpi, s, period }) {
  const found = outlookFor(kpi, s, period);
  if (!found) return html`<span class="none">–</span>`;
  const { row } = found;
  if (!is(row.v)) return html`<span class="none" title=${t(`outlook.why.${row.why || "none"}`)}>${t("outlook.none")}<span class="sr">: ${t(`outlook.why.${row.why || "none"}`)}</span></span>`;
  const other = outlookPeriod(period);
  return html`<span class="outlook">
    <span class="main">${other.p !== found.period.p && html`<small>${periodName(found.period, true)}: </small>`}${value(kpi, row.v)}${" "}</span><small>(${interval(kpi, row)})</small>
    ${is(row.chance) && html`<small class=${row.chance < 0.2 ? "chance low" : "chance"}>${t("outlook.chance", { chance: chance(row.chance) })}</small>`}
  </span>`;
}

export function News({ kpi, s, fact }) {
  const news = newsOf(kpi, s, fact);
  if (news.kind !== "signal") return null;
  const title = news.at.map(({ period, signal }) => `${periodName(period)}: ${t(`rule.${signal.rule}`)}`).join("; ");
  return html`<span class="flag signal" title=${title}>${t("flag.signal")}</span>`;
}

function Row({ kpi, fact, s, period, open, withOutlook }) {
  const own = store.periods[fact.p];
  const title = text(kpi, "title");
  const openThis = () => open(kpi, s);
  return html`<tr role="row" onClick=${openThis} data-kpi=${kpi.id} class=${fact.st}>
    <td role="cell" class="c-status"><${Status} status=${fact.st} /></td>
    <th role="rowheader" scope="row" class="c-title">
      <button type="button" class="link" aria-haspopup="dialog" onClick=${(event) => { event.stopPropagation(); openThis(); }}>${title}</button>
      ${own.p !== period.p && html` <span class="flag other">${periodName(own, true)}</span>`}
      ${" "}<${Flags} fact=${fact} />${" "}<${News} kpi=${kpi} s=${s} fact=${fact} />
    </th>
    <td role="cell" class="num c-actual" data-label=${t("col.actual")}>${is(fact.a) ? value(kpi, fact.a) : html`<span class="none" title=${t(`why.${fact.nr || "no_data"}`)}>–<span class="sr"> ${t(`why.${fact.nr || "no_data"}`)}</span></span>`}</td>
    <td role="cell" class="num c-target" data-label=${t("col.target")}>${hasTarget(fact) ? target(kpi, fact) : html`<span class="none">–</span>`}</td>
    <td role="cell" class="num c-variance" data-label=${t("col.variance")}>${is(fact.v) ? html`<span class=${fact.fv < 0 ? "bad-text" : ""}>${change(kpi, fact.v)}</span>` : html`<span class="none">–</span>`}</td>
    <td role="cell" class="num c-year" data-label=${t("col.last_year")}><${Change} kpi=${kpi} from=${fact.ly} to=${fact.a} favourable=${fact.lyf} /></td>
    <td role="cell" class="c-spark" data-label=${t("col.trend")}><${Spark} kpi=${kpi} s=${s} until=${own.end} /></td>
    ${withOutlook && html`<td role="cell" class="num c-outlook" data-label=${t("col.outlook")}><${OutlookCell} kpi=${kpi} s=${s} period=${period} /></td>`}
    <td role="cell" class="num c-score" data-label=${t("col.score")}>${score(fact.sc)}</td>
  </tr>`;
}

export function KpiTable({ rows, s, period, open, caption }) {
  const ahead = outlookPeriod(period);
  return html`<table role="table" class="kpis">
    <caption class="sr">${caption}</caption>
    <thead role="rowgroup"><tr role="row">
      <th role="columnheader" scope="col" class="c-status">${t("col.status")}</th>
      <th role="columnheader" scope="col" class="c-title">${t("col.kpi")}</th>
      <th role="columnheader" scope="col" class="num">${t("col.actual")}</th>
      <th role="columnheader" scope="col" class="num">${t("col.target")}</th>
      <th role="columnheader" scope="col" class="num">${t("col.variance")}</th>
      <th role="columnheader" scope="col" class="num" title=${t("col.last_year_hint")}>${t("col.last_year")}</th>
      <th role="columnheader" scope="col" class="c-spark">${t("col.trend")}</th>
      ${ahead && html`<th role="columnheader" scope="col" class="num c-outlook">${t("col.outlook_of", { period: periodName(ahead, true) })}</th>`}
      <th role="columnheader" scope="col" class="num">${t("col.score")}</th>
    </tr></thead>
    <tbody role="rowgroup">
      ${rows.map(({ kpi, fact }) => html`<${Row} key=${kpi.id} kpi=${kpi} fact=${fact} s=${s} period=${period} open=${open} withOutlook=${Boolean(ahead)} />`)}
    </tbody>
  </table>`;
}

export const PERSPECTIVES = ["financial", "customer", "internal_process", "learning_growth"];

/** The perspectives that have something, in the order of the strategy map. */
export function perspectivesOf(s, period) {
  const rows = balanced(s, period);
  const names = [...new Set([...PERSPECTIVES, ...rows.map((row) => row.perspective)])];
  return names
    .map((name) => ({
      name,
      rows: rows
        .filter((row) => row.perspective === name)
        .sort((one, other) => (other.weight ?? 0) - (one.weight ?? 0) || text(one.kpi, "title").localeCompare(text(other.kpi, "title"))),
    }))
    .filter((one) => one.rows.length);
}

// Objectives with their key results: how far they have come beside how far they should have.
import { store } from "page/data";
import { date, percent, t, text, value } from "page/format";
import { Glyph, Status, html, statusLabel } from "page/shapes";

const is = (figure) => figure !== null && figure !== undefined;

function Progress({ done, expected, status, label }) {
  const share = Math.max(0, Math.min(1, done ?? 0));
  const said = is(done)
    ? t("objectives.progress", { done: percent(share), expected: percent(expected) })
    : t("objectives.no_progress");
  return html`<span class=${`progress ${status}`} role="img" aria-label=${`${label}: ${said}`} title=${said}>
    <svg viewBox="0 0 100 10" width="100%" height="10" preserveAspectRatio="none" aria-hidden="true" focusable="false">
      <rect class="rail" x="0" y="2" width="100" height="6" />
      <rect class="done" x="0" y="2" width=${share * 100} height="6" />
      ${is(expected) && html`<rect class="due" x=${Math.min(99, expected * 100)} y="0" width="0.8" height="10" />`}
    </svg>
  </span>`;
}

function Result({ result, open }) {
  const kpi = is(result.k) ? store.kpis[result.k] : null;
  const scope = store.scopes.findIndex((one) => one.type === result.scope_type && one.id === result.scope_id);
  const title = text(result, "title");
  return html`<li class="result">
    <span class="with-glyph"><${Glyph} status=${result.status} /><span><span class="sr">${statusLabel(result.status)}: </span>
      ${kpi && scope >= 0 ? html`<button type="button" class="link" aria-haspopup="dialog" onClick=${() => open(kpi, scope)}>${title}</button>` : title}
      ${scope > 0 && html` <small dir="auto">${result.scope_name}</small>`}</span></span>
    <span class="result-figures num">${kpi && is(result.actual)
      ? html`<b>${value(kpi, result.actual)}</b> <small class="block">${t("objectives.from_to", { from: is(result.baseline) ? value(kpi, result.baseline) : "–", to: value(kpi, result.target) })}</small>`
      : html`<span class="none">${t(`result.${result.reason || "no_data"}`)}</span>`}</span>
    <${Progress} done=${result.score} expected=${result.expected} status=${result.status} label=${title} />
    <span class="num result-done">${percent(result.score)}</span>
  </li>`;
}

export function Objectives({ s, period, open }) {
  const scope = store.scopes[s];
  const shown = store.objectives.filter(
    (objective) =>
      objective.start <= period.end && objective.end >= period.start &&
      (scope.type === "company" || (objective.scope_type === scope.type && objective.scope_id === scope.id)),
  );
  return html`<section class="objectives sheet-page" id="objectives" aria-labelledby="objectives-title">
    <div class="section-head"><h2 id="objectives-title">${t("objectives.title")}</h2>
      <p class="muted">${t("objectives.how", { day: date(store.edition.as_of) })}</p></div>
    ${shown.length === 0 && html`<p class="none">${t("objectives.none")}</p>`}
    <div class="objective-list">
    ${shown.map((objective) => html`<article key=${objective.id} class="objective">
      <h3><${Status} status=${objective.status} /> <span>${text(objective, "title")}</span></h3>
      <p class="muted">${objective.scope_type === "company" ? t("scope.whole_company") : html`<span dir="auto">${objective.scope_name}</span>`}${text(objective, "owner") ? ` · ${text(objective, "owner")}` : ""} · ${t("objectives.until", { day: date(objective.end) })} · <b>${percent(objective.score)}</b> ${t("objectives.expected", { expected: percent(objective.expected) })}</p>
      <ul>${objective.results.map((result, place) => html`<${Result} key=${place} result=${result} open=${open} />`)}</ul>
      ${objective.actions.length > 0 && html`<p class="actions">${t("objectives.actions")} ${objective.actions.map((action, place) => html`${place ? "; " : ""}<span key=${place}>${text(action, "title")} (${t(action.overdue ? "state.overdue" : `state.${action.state}`)}, ${date(action.due)})</span>`)}</p>`}
    </article>`)}
    </div>
  </section>`;
}

// One KPI opened: its curve, what moved it, its parts, what it means and what it stands on.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Trend, Waterfall, naming } from "page/charts";
import { driversAt, factAt, factFor, outlookFor, seriesOf, store } from "page/data";
import { change, collator, date, hasTarget, percent, periodName, scopeName, score, t, target, text, value, whole } from "page/format";
import { Arrow, Change, Flags, Glyph, Status, html, statusLabel, statusMeaning } from "page/shapes";
import { Spark } from "page/spark";
import { NewsText, OutlookText, SinceText, driverName, held } from "page/summary";
import { News } from "page/table";

const is = (figure) => figure !== null && figure !== undefined;

/** The panel: a dialog of the browser's own, which keeps the focus inside, closes with Escape and gives the focus back. */
export function Detail({ kpi, s, period, close, open, loaded }) {
  const place = useRef(null);
  useEffect(() => {
    const dialog = place.current;
    if (!dialog.open) dialog.showModal();
    return () => dialog.close();
  }, []);
  useEffect(() => {
    if (place.current) place.current.scrollTop = 0;
  }, [kpi, s]);
  const fact = factFor(kpi, s, period);
  const title = text(kpi, "title");
  return html`<dialog ref=${place} class="detail" aria-labelledby="detail-title" onClose=${close}
    onClick=${(event) => event.target === place.current && close()}>
    <div class="sheet">
      <header>
        <div>
          <p class="crumbs">
            ${t(`perspective.${kpi.perspective}`)} · ${s === 0
              ? scopeName(store.scopes[0])
              : html`<button type="button" class="link" onClick=${() => open(kpi, 0)}>${scopeName(store.scopes[0])}</button> › ${t(`scope.${store.scopes[s].type}`)}: <b dir="auto">${store.scopes[s].name}</b>`}
          </p>
          <h2 id="detail-title">${title}</h2>
          <p class="what">${text(kpi, "description")}</p>
        </div>
        <button type="button" class="close" onClick=${close} aria-label=${t("detail.close")}>×</button>
      </header>
      ${fact
        ? html`<${Figures} kpi=${kpi} s=${s} fact=${fact} period=${period} />
          <${Curve} key=${`${kpi.id}${s}`} kpi=${kpi} s=${s} fact=${fact} period=${period} />
          <${Drivers} key=${`d${kpi.id}${s}${fact.p}`} kpi=${kpi} s=${s} fact=${fact} loaded=${loaded} />
          <${Scopes} key=${`s${kpi.id}`} kpi=${kpi} s=${s} fact=${fact} open=${open} loaded=${loaded} />
          <${Tree} kpi=${kpi} s=${s} period=${period} open=${open} />`
        : html`<p class="none">${t("detail.nothing", { period: periodName(period) })}</p>`}
      <${Definition} kpi=${kpi} fact=${fact} />
      ${fact && html`<${Evidence} kpi=${kpi} s=${s} fact=${fact} />`}
    </div>
  </dialog>`;
}

function Pair({ name, children }) {
  return html`<div><dt>${name}</dt><dd>${children}</dd></div>`;
}

function Figures({ kpi, s, fact, period }) {
  const own = store.periods[fact.p];
  return html`<section class="figures">
    <p class="state"><${Status} status=${fact.st} /> <span class="flags"><${Flags} fact=${fact} />${" "}<${News} kpi=${kpi} s=${s} fact=${fact} /></span>
      <span class="muted">${periodName(own)}${own.open ? `, ${t("detail.so_far", { day: date(store.edition.as_of) })}` : ""}</span></p>
    ${fact.st === "held" && html`<p class="notice"><b>${t("why.held")}</b> ${held(fact)}</p>`}
    ${fact.st !== "held" && !is(fact.a) && html`<p class="notice"><b>${t("detail.no_value")}</b> ${t(`why.${fact.nr || "no_data"}`)}</p>`}
    ${fact.q === "stale" && html`<p class="notice"><b>${t("why.stale")}</b> ${t("stale.until", { day: date(fact.da) })}</p>`}
    ${fact.q === "warning" && html`<p class="notice">${t("why.warning")}</p>`}
    <dl class="big">
      <${Pair} name=${t("col.actual")}><b class="figure-big">${value(kpi, fact.a, { full: true })}</b><//>
      <${Pair} name=${t("col.target")}>${hasTarget(fact) ? target(kpi, fact, { full: true }) : t("detail.no_target")}
        ${own.open && is(fact.pt) && fact.pt !== fact.t && html`<small>${t("detail.whole_target", { target: value(kpi, fact.pt, { full: true }) })}</small>`}<//>
      <${Pair} name=${t("col.variance")}>${is(fact.v) ? html`<span class=${fact.fv < 0 ? "bad-text" : ""}>${change(kpi, fact.v, { full: true })}</span>` : html`<span class="none">${fact.nc ? t(`uncompared.${fact.nc}`) : "–"}</span>`}<//>
      <${Pair} name=${t(fact.cb === "to_date" ? "detail.last_year_to_date" : "col.last_year")}><${Change} kpi=${kpi} from=${fact.ly} to=${fact.a} favourable=${fact.lyf} />${is(fact.ly) && html` <small>${t("detail.from", { value: value(kpi, fact.ly) })}</small>`}<//>
      <${Pair} name=${t("col.previous")}><${Change} kpi=${kpi} from=${fact.pv} to=${fact.a} favourable=${fact.pvf} />${is(fact.pv) && html` <small>${t("detail.from", { value: value(kpi, fact.pv) })}</small>`}<//>
      ${is(fact.b) && html`<${Pair} name=${t("detail.benchmark")}><${Change} kpi=${kpi} from=${fact.b} to=${fact.a} favourable=${fact.bf} /> <small>${t("detail.from", { value: value(kpi, fact.b) })}</small><//>`}
      <${Pair} name=${t("col.score")}>${score(fact.sc)} <small>${t("detail.of_ten")}</small><//>
    </dl>
    <dl class="said">
      ${["off_track", "at_risk", "on_track", "achieved"].includes(fact.st) && html`<${Pair} name=${t("detail.since")}><${SinceText} kpi=${kpi} s=${s} fact=${fact} /><//>`}
      ${fact.st !== "held" && html`<${Pair} name=${t("attention.news")}><${NewsText} kpi=${kpi} s=${s} fact=${fact} /><//>`}
      ${outlookFor(kpi, s, period) && html`<${Pair} name=${t("attention.outlook")}><${OutlookText} kpi=${kpi} s=${s} period=${period} /><${Backtest} kpi=${kpi} s=${s} period=${period} /><//>`}
    </dl>
  </section>`;
}

function Backtest({ kpi, s, period }) {
  const { row } = outlookFor(kpi, s, period);
  if (!row.m) return null;
  return html`<small class="block">${t(`method.${row.m}`)}${is(row.bn) && row.bn > 0 ? ` ${t("outlook.backtest", { count: row.bn, covered: percent(row.bc), level: percent(row.lv), error: percent(row.be, 1) })}` : ` ${t("outlook.untested")}`}</small>`;
}

function Tabs({ label, options, chosen, choose }) {
  return html`<div class="tabs" role="group" aria-label=${label}>
    ${options.map(([name, words]) => html`<button type="button" key=${name} aria-pressed=${name === chosen ? "true" : "false"} onClick=${() => choose(name)}>${words}</button>`)}
  </div>`;
}

function Curve({ kpi, s, fact, period }) {
  const own = store.periods[fact.p];
  const grains = ["week", "month", "quarter", "year"].filter(
    (grain) => kpi.grainList.includes(grain) && (grain !== "week" || (s === 0 && store.weeks.has(kpi.k))),
  );
  const preferred = own.grain !== "year" ? own.grain : grains.includes("month") ? "month" : grains[0];
  const [grain, choose] = useState(null);
  const chosen = grain ?? preferred;
  const points = useMemo(() => seriesOf(kpi, s, chosen), [kpi, s, chosen]);
  const outlook = outlookFor(kpi, s, period);
  const ahead = outlook && outlook.period.grain === chosen ? outlook : undefined;
  const limits = points.findLast((point) => is(point.signal?.l))?.signal;
  const withLimits = is(limits?.bn);
  const reason = points.findLast((point) => point.signal)?.signal.why;
  return html`<section>
    <div class="heading"><h3>${t("detail.curve")}</h3>
      <${Tabs} label=${t("detail.grain")} options=${grains.map((one) => [one, t(`grain.${one}`)])} chosen=${chosen} choose=${choose} /></div>
    <${Trend} kpi=${kpi} points=${points} outlook=${ahead} />
    <p class="key">
      <span><i class="k-line"></i>${t("col.actual")}</span><span><i class="k-goal"></i>${t("col.target")}</span>
      ${limits && html`<span><i class="k-band"></i>${t("key.limits")}</span>`}
      ${points.some((point) => point.signal?.rule) && html`<span><i class="k-signal"></i>${t("key.signal")}</span>`}
      ${ahead && is(ahead.row.v) && html`<span><i class="k-outlook"></i>${t("key.outlook")}</span>`}
      ${withLimits && html`<span class="muted">${t("limits.baseline", { from: date(limits.bf), to: date(limits.bt), count: limits.bn })}</span>`}
      ${!limits && html`<span class="muted">${t("limits.none")} ${reason ? `(${t(`limits.${reason}`)})` : ""}</span>`}
    </p>
    <details><summary>${t("detail.as_table")}</summary>
      <div class="scroll" tabindex="0" role="region" aria-label=${t("detail.curve")}><table class="plain">
        <thead><tr><th scope="col">${t("col.period")}</th><th scope="col" class="num">${t("col.actual")}</th><th scope="col" class="num">${t("col.target")}</th><th scope="col" class="num">${t("key.limits")}</th><th scope="col">${t("key.signal")}</th></tr></thead>
        <tbody>${[...points].reverse().map((point) => html`<tr key=${point.start}><th scope="row">${naming(point)}</th>
          <td class="num">${value(kpi, point.value, { full: true })}</td>
          <td class="num">${target(kpi, { t: point.target, lo: point.lower, hi: point.upper }, { full: true })}</td>
          <td class="num">${is(point.signal?.l) ? `${value(kpi, point.signal.l)} – ${value(kpi, point.signal.u)}` : "–"}</td>
          <td>${point.signal?.rule ? t(`rule.${point.signal.rule}`) : ""}</td></tr>`)}</tbody>
      </table></div>
    </details>
  </section>`;
}

const AGAINST = ["target", "last_year", "previous"];

function Drivers({ kpi, s, fact, loaded }) {
  const rows = useMemo(() => driversAt(kpi.k, s, fact.p), [kpi, s, fact, loaded]);
  const against = AGAINST.filter((one) => rows.some((row) => row.cw === one));
  const [chosenAgainst, chooseAgainst] = useState(null);
  const [chosenDimension, chooseDimension] = useState(null);
  const compared = against.includes(chosenAgainst) ? chosenAgainst : against[0];
  const dimensions = [...new Set(rows.filter((row) => row.cw === compared).map((row) => row.d))];
  const dimension = dimensions.includes(chosenDimension) ? chosenDimension : dimensions[0];
  const steps = useMemo(() => rows.filter((row) => row.cw === compared && row.d === dimension), [rows, compared, dimension]);
  if (!loaded) return null;
  return html`<section>
    <div class="heading"><h3>${t("detail.drivers")}</h3>
      ${against.length > 0 && html`<${Tabs} label=${t("detail.compared")} options=${against.map((one) => [one, t(`versus.${one}`)])} chosen=${compared} choose=${chooseAgainst} />`}</div>
    ${rows.length === 0
      ? html`<p class="none">${t(fact.st === "held" ? "drivers.held" : s === 0 ? "drivers.none" : "drivers.none_scope")}</p>`
      : html`
        <${Tabs} label=${t("detail.dimension")} options=${dimensions.map((one) => [one, t(`dimension.${one}`)])} chosen=${dimension} choose=${chooseDimension} />
        <${Waterfall} kpi=${kpi} rows=${steps} name=${driverName} />
        <details><summary>${t("detail.as_table")}</summary>
          <div class="scroll" tabindex="0" role="region" aria-label=${t("detail.drivers")}><table class="plain">
            <thead><tr><th scope="col">${t("detail.driver")}</th><th scope="col" class="num">${t(`start.${compared}`)}</th><th scope="col" class="num">${t("col.actual")}</th><th scope="col" class="num">${t("detail.contribution")}</th></tr></thead>
            <tbody>${steps.map((row, place) => html`<tr key=${place}><th scope="row" dir="auto">${driverName(row)}</th><td class="num">${value(kpi, row.b)}</td><td class="num">${value(kpi, row.a)}</td>
              <td class="num"><${Arrow} moved=${row.x} favourable=${row.f} text=${change(kpi, row.x, { full: true })} /></td></tr>`)}</tbody>
            <tfoot><tr><th scope="row">${t("detail.sum")}</th><td class="num">${value(kpi, steps[0].from)}</td><td class="num">${value(kpi, steps[0].to)}</td><td class="num">${change(kpi, steps[0].to - steps[0].from, { full: true })}</td></tr></tfoot>
          </table></div>
        </details>`}
  </section>`;
}

function Scopes({ kpi, s, fact, open, loaded }) {
  const types = useMemo(() => {
    const found = new Map();
    for (const scope of store.scopes) {
      if (scope.s === 0) continue;
      const row = factAt(kpi.k, scope.s, fact.p);
      if (row) found.set(scope.type, [...(found.get(scope.type) || []), { scope, row }]);
    }
    return found;
  }, [kpi, fact, loaded]);
  const names = [...types.keys()];
  const [chosen, choose] = useState(null);
  const current = names.includes(chosen) ? chosen : names.includes(store.scopes[s].type) ? store.scopes[s].type : names[0];
  if (!loaded) return null;
  const missing = store.leftOut.filter((part) => (part.kind === "facts" || part.kind === "earlier") && (kpi.scopes || "").split(",").includes(part.subject) && !types.has(part.subject));
  const rows = [...(types.get(current) || [])].sort(
    (one, other) => (one.row.r ?? 1e9) - (other.row.r ?? 1e9) || collator().compare(one.scope.name, other.scope.name),
  );
  return html`<section>
    <div class="heading"><h3>${t("detail.scopes")}</h3>
      ${names.length > 0 && html`<${Tabs} label=${t("detail.scope_type")} options=${names.map((one) => [one, t(`scope.${one}`)])} chosen=${current} choose=${choose} />`}</div>
    ${names.length === 0 && missing.length === 0 && html`<p class="none">${t("scopes.none")}</p>`}
    ${missing.length > 0 && html`<p class="none">${t("scopes.left_out", { types: missing.map((part) => t(`scope.${part.subject}`)).join(", ") })}</p>`}
    ${rows.length > 0 && html`<div class="scroll" tabindex="0" role="region" aria-label=${t("detail.scopes")}><table class="plain scopes">
      <thead><tr><th scope="col">${t(`scope.${current}`)}</th><th scope="col">${t("col.status")}</th><th scope="col" class="num">${t("col.actual")}</th><th scope="col" class="num">${t("col.target")}</th><th scope="col" class="num">${t("col.last_year")}</th><th scope="col" class="c-spark">${t("col.trend")}</th></tr></thead>
      <tbody>${rows.map(({ scope, row }) => html`<tr key=${scope.s} class=${scope.s === s ? "current" : ""}>
        <th scope="row"><button type="button" class="link" dir="auto" onClick=${() => open(kpi, scope.s)}>${scope.name}</button></th>
        <td><${Status} status=${row.st} />${" "}<${Flags} fact=${row} /></td>
        <td class="num">${is(row.a) ? value(kpi, row.a) : html`<span class="none" title=${t(`why.${row.nr || "no_data"}`)}>–</span>`}</td>
        <td class="num">${hasTarget(row) ? target(kpi, row) : "–"}</td>
        <td class="num"><${Change} kpi=${kpi} from=${row.ly} to=${row.a} favourable=${row.lyf} /></td>
        <td class="c-spark"><${Spark} kpi=${kpi} s=${scope.s} until=${store.periods[row.p].end} /></td>
      </tr>`)}</tbody></table></div>`}
  </section>`;
}

function Tree({ kpi, s, period, open }) {
  const rows = store.tree.filter((row) => row.k === kpi.k);
  const above = store.tree.filter((row) => row.c === kpi.k && row.k !== kpi.k);
  if (!rows.length && !above.length) return null;
  const sign = { "+": "+", "-": "−", "*": "×", "/": "÷" };
  const part = (other, name) => {
    if (!other) return html`<span>${name}</span>`;
    const fact = factFor(other, s, period);
    return html`<button type="button" class="link" onClick=${() => open(other, s)}>${fact && html`<${Glyph} status=${fact.st} />`} ${text(other, "title")}</button>${fact && is(fact.a) ? ` ${value(other, fact.a)}` : ""}`;
  };
  return html`<section><h3>${t("detail.tree")}</h3>
    ${rows.length > 0 && html`<p class="tree">${text(kpi, "title")} = ${rows.map((row, place) => html`<span key=${place}>${place ? ` ${sign[row.operation] ?? row.operation} ` : row.operation === "-" ? "−" : ""}${part(is(row.c) ? store.kpis[row.c] : null, text(row, null))}</span>`)}</p>`}
    ${above.length > 0 && html`<p class="tree">${t("detail.part_of")} ${[...new Set(above.map((row) => row.k))].map((k, place) => html`<span key=${k}>${place ? ", " : ""}${part(store.kpis[k])}</span>`)}</p>`}
  </section>`;
}

function Definition({ kpi, fact }) {
  return html`<section><h3>${t("detail.definition")}</h3>
    <dl class="facts">
      <${Pair} name=${t("definition.formula")}><code>${kpi.formula || "–"}</code><//>
      <${Pair} name=${t("definition.direction")}>${t(`direction.${kpi.direction}`)}<//>
      <${Pair} name=${t("definition.owner")}>${text(kpi, "owner") || "–"}<//>
      <${Pair} name=${t("definition.department")}>${t(`department.${kpi.department}`)}<//>
      ${kpi.goal && html`<${Pair} name=${t("definition.goal")}>${text(store.goals.find((goal) => goal.id === kpi.goal) || {}, null) || "–"}<//>`}
      ${fact && fact.o && html`<${Pair} name=${t("definition.target")}>${t(`origin.${fact.o}`)} <code>${fact.ti}</code><//>`}
      ${kpi.benchmark_source && html`<${Pair} name=${t("detail.benchmark")}>${kpi.benchmark_source}<//>`}
      ${kpi.note && html`<${Pair} name=${t("definition.note")}><span lang="en">${kpi.note}</span><//>`}
      ${text(kpi, "data_note") && html`<${Pair} name=${t("definition.data")}>${text(kpi, "data_note")}<//>`}
      <${Pair} name=${t("definition.status")}>${fact ? `${statusLabel(fact.st)}: ${statusMeaning(fact.st)}` : "–"}<//>
    </dl></section>`;
}

function Evidence({ kpi, s, fact }) {
  const scope = store.scopes[s];
  const own = store.periods[fact.p];
  const quote = (name) => `'${String(name).replaceAll("'", "''")}'`;
  const query = `select * from scorecard.kpi_scorecard where kpi_id = ${quote(kpi.id)} and period_grain = ${quote(own.grain)} and period_start_date = ${quote(own.start)} and scope_type = ${quote(scope.type)} and scope_id = ${quote(scope.id)}`;
  return html`<section><h3>${t("detail.evidence")}</h3>
    <dl class="facts">
      <${Pair} name=${t("evidence.quality")}>${t(`quality.${fact.q}`)}, ${t("evidence.checks", { passed: whole((fact.ce ?? 0) - (fact.cf ?? 0)), count: whole(fact.ce ?? 0) })}<//>
      ${fact.hc && html`<${Pair} name=${t("evidence.held")}>${held(fact)}<//>`}
      <${Pair} name=${t("evidence.as_of")}>${date(fact.da)}<//>
      <${Pair} name=${t("evidence.rows")}>${whole(fact.n)}<//>
      ${is(fact.nu) && is(fact.de) && html`<${Pair} name=${t("evidence.fraction")}>${whole(fact.nu)} / ${whole(fact.de)}<//>`}
      <${Pair} name=${t("evidence.hash")}><code>${fact.h || "–"}</code><//>
      <${Pair} name=${t("evidence.edition")}><code>${fact.ve || store.edition.id}</code>${fact.ve && fact.ve !== store.edition.id ? ` (${t("evidence.earlier")})` : ""}<//>
      <${Pair} name=${t("evidence.query")}><code class="query">${query}</code><//>
    </dl></section>`;
}

// The large pictures of the details, drawn by Observable Plot: the curve with its limits, and the waterfall.
import { useEffect, useRef } from "preact/hooks";
import { html } from "page/shapes";
import { side } from "page/spark";
import { change, lang, periodName, t, value } from "page/format";

const is = (figure) => figure !== null && figure !== undefined;
const COLOURS = { good: "var(--good)", bad: "var(--bad)", even: "var(--muted)" };

/** A place for a picture that Plot draws: drawn again when what it shows, the language or its width changes. */
function Figure({ draw, label, depends }) {
  const place = useRef(null);
  useEffect(() => {
    const element = place.current;
    let width = 0;
    const paint = () => {
      const now = Math.floor(element.clientWidth);
      if (!now || now === width) return;
      width = now;
      const picture = draw(width);
      // the place has the words of the whole; those of its groups would be no more than noise
      picture.setAttribute("aria-hidden", "true");
      for (const part of picture.querySelectorAll("[aria-label]")) part.removeAttribute("aria-label");
      element.replaceChildren(picture);
    };
    paint();
    const observer = new ResizeObserver(paint);
    observer.observe(element);
    return () => observer.disconnect();
  }, [...depends, lang()]);
  return html`<div class="figure" ref=${place} role="img" aria-label=${label}></div>`;
}

const middle = (point) => new Date((Date.parse(point.start) + Date.parse(point.end)) / 2);

export function Trend({ kpi, points, outlook }) {
  const { Plot } = globalThis;
  const known = points.filter((point) => is(point.value));
  if (known.length < 2) return html`<p class="none">${t("trend.short")}</p>`;
  const signals = known.filter((point) => point.signal?.rule);
  const last = known.at(-1);
  const label = t("trend.label", {
    title: kpi[`title_${lang()}`], from: naming(known[0]), to: naming(last), last: value(kpi, last.value), signals: signals.length,
  });
  const draw = (width) => {
    const ahead = outlook && is(outlook.row.v)
      ? [{ x: middle(outlook.period), v: outlook.row.v, l: outlook.row.l, u: outlook.row.u }] : [];
    const written = known.flatMap((d) => [d.value, d.target, d.signal?.u]).filter(is).map((figure) => value(kpi, figure).length);
    return Plot.plot({
      width, height: 250, marginLeft: 18 + 7 * Math.max(4, ...written), marginRight: 18, marginTop: 14, marginBottom: 26,
      style: { background: "none", color: "inherit", fontFamily: "inherit", fontSize: "12px", overflow: "visible" },
      x: { type: "time", label: null, tickFormat: (day) => tick(day), ticks: Math.max(3, Math.floor(width / 90)), tickSize: 4 },
      y: { label: null, grid: true, ticks: 5, tickFormat: (figure) => value(kpi, figure), nice: true },
      marks: [
        Plot.areaY(points, { x: middle, y1: (d) => d.signal?.l ?? NaN, y2: (d) => d.signal?.u ?? NaN, fill: "var(--band)" }),
        Plot.areaY(points.filter((d) => is(d.lower) && is(d.upper)), { x: middle, y1: "lower", y2: "upper", fill: "var(--goal)", fillOpacity: 0.12, curve: "step" }),
        Plot.lineY(points, { x: middle, y: (d) => d.signal?.c ?? NaN, stroke: "var(--muted)", strokeWidth: 1 }),
        Plot.lineY(points, { x: middle, y: (d) => d.target ?? NaN, stroke: "var(--goal)", strokeWidth: 1.5, strokeDasharray: "5 4", curve: "step" }),
        Plot.lineY(points, { x: middle, y: (d) => d.value ?? NaN, stroke: "var(--ink)", strokeWidth: 1.8 }),
        Plot.dot(known, { x: middle, y: "value", r: 2.4, fill: (d) => (d.open ? "var(--paper)" : "var(--ink)"), stroke: "var(--ink)" }),
        Plot.dot(signals, { x: middle, y: "value", r: 5, symbol: "diamond", fill: (d) => COLOURS[side(d.signal)], stroke: "var(--paper)" }),
        Plot.ruleX(ahead, { x: "x", y1: "l", y2: "u", stroke: "var(--accent)", strokeWidth: 7, strokeOpacity: 0.3 }),
        Plot.dot(ahead, { x: "x", y: "v", r: 4, symbol: "square", fill: "var(--accent)", stroke: "var(--paper)" }),
        Plot.tip(known, Plot.pointerX({
          x: middle, y: "value", fill: "var(--paper)", stroke: "var(--rule)", fontSize: 12,
          title: (d) => [
            naming(d), `${t("col.actual")}: ${value(kpi, d.value, { full: true })}`,
            is(d.target) && `${t("col.target")}: ${value(kpi, d.target, { full: true })}`,
            d.signal?.rule && t(`rule.${d.signal.rule}`),
          ].filter(Boolean).join("\n"),
        })),
      ],
    });
  };
  return html`<${Figure} draw=${draw} label=${label} depends=${[kpi, points, outlook]} />`;
}

function tick(day) {
  const locale = lang() === "sv" ? "sv-SE" : "en-GB";
  return day.getUTCMonth() === 0
    ? String(day.getUTCFullYear())
    : day.toLocaleDateString(locale, { month: "short", timeZone: "UTC" }).replace(".", "");
}

/** A point's period in words. */
export const naming = (point) => (point.period ? periodName(point.period) : t("week.of", { day: point.start }));

/** From what it is compared with to the actual value, step by step; the scale is that of the steps. */
export function Waterfall({ kpi, rows, name }) {
  const { Plot } = globalThis;
  const start = rows[0].from;
  const end = rows[0].to;
  let at = start;
  const steps = rows.map((row, place) => {
    const step = { place, name: name(row), from: at, to: at + row.x, row };
    at += row.x;
    return step;
  });
  const first = t(`start.${rows[0].cw}`);
  const final = t("col.actual");
  const order = [-1, ...steps.map((step) => step.place), steps.length];
  const names = new Map([[-1, first], ...steps.map((step) => [step.place, step.name]), [steps.length, final]]);
  const ends = [{ place: -1, at: start }, { place: steps.length, at: end }];
  const label = t("waterfall.label", { from: value(kpi, start), to: value(kpi, end), count: steps.length });
  const sideOf = (row) => (row.f > 0 ? "good" : row.f < 0 ? "bad" : "even");
  const draw = (width) => {
    const left = Math.min(190, Math.max(96, width * 0.3));
    const longest = Math.floor(left / 7.2);
    const short = (text) => (text.length > longest ? `${text.slice(0, longest - 1)}…` : text);
    const low = Math.min(start, end, ...steps.map((step) => step.to));
    const high = Math.max(start, end, ...steps.map((step) => step.to));
    const range = high - low || Math.abs(high) || 1;
    // to the right of the longest bar there is room for its label
    const label = Math.max(56, 7.5 * Math.max(...steps.map((step) => change(kpi, step.row.x).length), value(kpi, end).length + 1));
    const room = range * Math.min(1.5, label / Math.max(60, width - left - label - 48));
    return Plot.plot({
      width, height: 40 + order.length * 26, marginLeft: left, marginRight: 30, marginTop: 6, marginBottom: 28,
      style: { background: "none", color: "inherit", fontFamily: "inherit", fontSize: "12px", overflow: "visible" },
      x: { label: null, domain: [low - range * 0.06, high + room], ticks: Math.max(2, Math.floor(width / 130)), tickFormat: (figure) => value(kpi, figure), grid: true },
      y: { type: "band", domain: order, label: null, tickSize: 0, tickFormat: (place) => short(names.get(place)), padding: 0.3 },
      marks: [
        Plot.ruleX([start], { stroke: "var(--goal)", strokeDasharray: "4 4" }),
        Plot.link([...steps, { place: steps.length, from: end }], { x1: "from", x2: "from", y1: (d) => d.place - 1, y2: "place", stroke: "var(--muted)", strokeOpacity: 0.7 }),
        Plot.barX(steps, {
          x1: "from", x2: "to", y: "place", fill: (d) => COLOURS[sideOf(d.row)], stroke: (d) => COLOURS[sideOf(d.row)],
          fillOpacity: (d) => (sideOf(d.row) === "bad" ? 0.22 : 0.9), strokeWidth: 1.4, insetTop: 1, insetBottom: 1,
        }),
        Plot.tickX(ends, { x: "at", y: "place", stroke: "var(--ink)", strokeWidth: 3 }),
        Plot.text(steps, { x: (d) => Math.max(d.from, d.to), y: "place", text: (d) => change(kpi, d.row.x), textAnchor: "start", dx: 5, fill: "var(--ink)" }),
        Plot.text(ends, { x: "at", y: "place", text: (d) => value(kpi, d.at), textAnchor: "start", dx: 7, fill: "var(--ink)", fontWeight: 600 }),
      ],
    });
  };
  return html`<${Figure} draw=${draw} label=${label} depends=${[kpi, rows]} />`;
}

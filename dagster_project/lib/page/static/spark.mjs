// The small curve in a row: limits as a band, the target as a dashed line, signals as marked points.
import { html } from "page/shapes";
import { seriesOf, sparkGrain } from "page/data";
import { periodName, t, value } from "page/format";

const WIDTH = 148;
const HEIGHT = 30;
const POINTS = 25;

const is = (figure) => figure !== null && figure !== undefined;

export function Spark({ kpi, s, until }) {
  const grain = sparkGrain(kpi);
  const points = grain ? seriesOf(kpi, s, grain, until, POINTS) : [];
  const known = points.filter((point) => is(point.value));
  if (known.length < 3) return html`<span class="none">${t("spark.short")}</span>`;
  const { d3 } = globalThis;
  const limits = points.findLast((point) => point.signal && is(point.signal.l))?.signal;
  const shown = [...known.map((point) => point.value), limits?.l, limits?.u].filter(is);
  const [low, high] = d3.extent(shown);
  const y = d3.scaleLinear(low === high ? [low - 1, high + 1] : [low, high], [HEIGHT - 4, 4]);
  const x = d3.scaleLinear([0, points.length - 1], [4, WIDTH - 6]);
  const line = d3.line((_, place) => x(place), (point) => y(point.value)).defined((point) => is(point.value));
  const last = points.findLastIndex((point) => is(point.value));
  const goal = points[last].target;
  const signals = points.map((point, place) => ({ point, place })).filter(({ point }) => point.signal?.rule && is(point.value));
  const label = t("spark.label", {
    from: periodName(known[0].period), to: periodName(points[last].period), count: known.length,
    first: value(kpi, known[0].value), last: value(kpi, points[last].value), signals: signals.length,
  });
  return html`<svg class="spark" viewBox="0 0 ${WIDTH} ${HEIGHT}" width=${WIDTH} height=${HEIGHT} role="img" aria-label=${label}>
    ${limits && html`<rect class="band" x="0" width=${WIDTH} y=${y(limits.u)} height=${Math.max(1, y(limits.l) - y(limits.u))} />`}
    ${limits && html`<line class="centre" x1="0" x2=${WIDTH} y1=${y(limits.c)} y2=${y(limits.c)} />`}
    ${is(goal) && goal >= low && goal <= high && html`<line class="goal" x1="0" x2=${WIDTH} y1=${y(goal)} y2=${y(goal)} />`}
    <path class="curve" d=${line(points)} />
    ${signals.map(({ point, place }) => html`<rect key=${place} class=${`signal ${side(point.signal)}`} x=${x(place) - 3} y=${y(point.value) - 3}
      width="6" height="6" transform=${`rotate(45 ${x(place)} ${y(point.value)})`} />`)}
    <circle class=${points[last].open ? "last open" : "last"} cx=${x(last)} cy=${y(points[last].value)} r="2.6" />
  </svg>`;
}

export const side = (signal) => (signal.fav === 1 ? "good" : signal.fav === 0 ? "bad" : "even");

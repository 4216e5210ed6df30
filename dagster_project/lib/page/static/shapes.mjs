// Status shapes and arrows: each says by its form what it says by its colour.
import { h } from "preact";
import htm from "htm";
import { store } from "page/data";
import { change, lang, t } from "page/format";

export const html = htm.bind(h);

const SHAPES = {
  achieved: html`<circle cx="8" cy="8" r="7" class="fill" /><path d="M4.6 8.3l2.4 2.4 4.4-5" class="cut" />`,
  on_track: html`<circle cx="8" cy="8" r="7" class="fill" />`,
  at_risk: html`<path d="M8 1.2l7.2 13.3H.8z" class="fill" /><path d="M8 6v4M8 11.4v1.4" class="cut" />`,
  off_track: html`<path d="M8 .6L15.4 8 8 15.4.6 8z" class="fill" /><path d="M5.6 5.6l4.8 4.8m0-4.8l-4.8 4.8" class="cut" />`,
  held: html`<rect x="1.2" y="1.2" width="13.6" height="13.6" rx="2" class="line" /><path d="M6 5v6M10 5v6" class="stroke" />`,
  no_data: html`<circle cx="8" cy="8" r="6.4" class="line dashed" />`,
  no_target: html`<circle cx="8" cy="8" r="6.4" class="line" />`,
};

export function Glyph({ status }) {
  return html`<svg class=${`glyph ${status}`} viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
    ${SHAPES[status] || SHAPES.no_data}
  </svg>`;
}

export function statusLabel(status) {
  const found = store.statusById.get(status);
  return found ? found[`label_${lang()}`] : t(`status.${status}`);
}

export function statusMeaning(status) {
  return store.statusById.get(status)?.[`meaning_${lang()}`] ?? "";
}

export function Status({ status, short = false }) {
  const label = statusLabel(status);
  return html`<span class=${`status ${status}`} title=${statusMeaning(status)}>
    <${Glyph} status=${status} /><span class=${short ? "sr" : ""}>${label}</span>
  </span>`;
}

/**
 * A change as it is published (how much better), turned into the direction that the value went; of a KPI with a band, which has
 * no better direction, the difference. Its direction by the arrow, whether it is good by the arrow's being full or empty, its colour and a word. */
export function Change({ kpi, from, to, favourable }) {
  if (from === null || from === undefined || to === null || to === undefined) return html`<span class="none">–</span>`;
  const known = favourable !== null && favourable !== undefined;
  const moved = known && kpi.direction === "higher" ? favourable : known && kpi.direction === "lower" ? -favourable : to - from;
  return html`<${Arrow} moved=${moved} favourable=${favourable} text=${change(kpi, moved)} />`;
}

export function Arrow({ moved, favourable, text }) {
  const side = favourable > 0 ? "good" : favourable < 0 ? "bad" : "even";
  const shape = moved > 0 ? "M5 1.5L9.3 9H.7z" : moved < 0 ? "M5 8.8L.7 1.3h8.6z" : "M1 5h8";
  return html`<span class=${`change ${side}`}>
    <svg viewBox="0 0 10 10" width="10" height="10" aria-hidden="true" focusable="false"><path d=${shape} /></svg>
    <span>${text}</span><span class="sr"> (${t(`change.${side}`)})</span>
  </span>`;
}

/** What must be known before a figure is believed: held, stale, withheld, with warnings. */
export function flagsOf(fact) {
  const flags = [];
  if (fact.st === "held") flags.push("held");
  if (fact.q === "stale") flags.push("stale");
  if (fact.q === "warning") flags.push("warning");
  if (fact.nr && (fact.a === null || fact.a === undefined) && fact.st !== "held") flags.push(fact.nr);
  return flags;
}

export function Flags({ fact }) {
  return flagsOf(fact).map((flag) => html`<span key=${flag} class=${`flag ${flag}`} title=${t(`why.${flag}`)}>${t(`flag.${flag}`)}</span>`);
}

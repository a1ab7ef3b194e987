// The runs of a data set over time: a score a line, a point a run, and the same as a table.

import { askJson, hasKey, save } from "./api.js";
import { byId, counted, element, number, tell } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const UNNAMED = "(without a name)";
const RUNS = 200;
/** Verdicts have a sign each, so that colour says nothing alone. */
export const SIGNS = { pass: "✓", warn: "!", fail: "✗", error: "⚠" };

/** The runs that are shown, oldest first. */
let runs = [];

export const verdictNode = (verdict) => element("span", { class: `verdict ${verdict}` }, `${SIGNS[verdict]} ${verdict}`);

export const figure = (value) => (Number.isInteger(value) ? number.format(value) : Math.abs(value) < 0.0001 ? value.toExponential(1) : value.toFixed(4));

/** A link to a report; a link can't carry a key, so with one it is saved. */
export function reportLink(id, text, onError) {
  const path = `/v1/jobs/${id}/report`;
  const link = element("a", { href: path, target: "_blank", rel: "noopener" }, text);
  link.addEventListener("click", (event) => {
    if (!hasKey()) return;
    event.preventDefault();
    save(path, `report-${id}.html`).catch(onError);
  });
  return link;
}

/** Reads the names of data sets, and shows the series of one. */
export async function showSeries(wanted) {
  const { items } = await askJson(`/v1/drift-checks?limit=${RUNS}`);
  const names = [...new Set(items.map((run) => run.summary.dataset ?? UNNAMED))];
  const choice = byId("series-dataset");
  choice.replaceChildren(...names.map((name) => element("option", {}, name)));
  byId("series-answer").textContent = names.length === 0 ? "No check has come to a verdict yet." : "";
  if (names.length === 0) return clear();
  choice.value = names.includes(wanted) ? wanted : names[0];
  await showDataset(choice.value);
}

async function showDataset(name) {
  const query = name === UNNAMED ? "" : `&dataset=${encodeURIComponent(name)}`;
  const { items } = await askJson(`/v1/drift-checks?limit=${RUNS}${query}`);
  const isMeant = (run) => name !== UNNAMED || run.summary.dataset === null;
  runs = items.filter(isMeant).reverse();
  const scores = [...new Set(runs.flatMap((run) => Object.keys(run.summary.scores)))].sort();
  const choice = byId("series-score");
  const before = choice.value;
  choice.replaceChildren(...scores.map((score) => element("option", {}, score)));
  choice.value = scores.includes(before) ? before : (worst(scores) ?? "");
  draw();
}

/** A score of the check that came out worst in the last run; else the first one that is a drift. */
function worst(scores) {
  const order = ["error", "fail", "warn"];
  const checks = Object.entries(runs.at(-1).summary.checks).sort(([, a], [, b]) => place(order, a) - place(order, b));
  const [name, verdict] = checks[0] ?? [];
  const ofWorst = order.includes(verdict) ? scores.find((score) => score.startsWith(`${name}.`)) : undefined;
  return ofWorst ?? scores.find((score) => score.includes("drift_score")) ?? scores[0];
}

const place = (order, verdict) => (order.includes(verdict) ? order.indexOf(verdict) : order.length);

function clear() {
  runs = [];
  for (const id of ["series-score", "series-plot", "series-runs"]) byId(id).replaceChildren();
}

function draw() {
  const score = byId("series-score").value;
  byId("series-plot").replaceChildren(...(score ? [plot(score)] : []));
  byId("series-runs").replaceChildren(table(score));
}

/** What the check of a score came to in a run. */
function verdictOf(run, score) {
  const check = Object.keys(run.summary.checks).find((name) => score.startsWith(`${name}.`));
  return run.summary.checks[check] ?? run.summary.verdict;
}

const when = (run) => new Date(run.finished_at ?? run.created_at);

function svg(name, attributes, ...children) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
  node.append(...children);
  return node;
}

/** Runs stand side by side at equal distances: some come by the hour and some by the month. */
function plot(score) {
  const width = matchMedia("(max-width: 40rem)").matches ? 380 : 760;
  const [height, left, right, top, bottom] = [220, 56, 16, 14, 34];
  const known = runs.map((run, at) => ({ run, at, value: run.summary.scores[score] })).filter(({ value }) => value !== undefined);
  const most = Math.max(0, ...known.map(({ value }) => value));
  const least = Math.min(0, ...known.map(({ value }) => value));
  const span = most - least || 1;
  const x = (at) => left + ((at + 0.5) / runs.length) * (width - left - right);
  const y = (value) => top + (1 - (value - least) / span) * (height - top - bottom);
  const words = known.map(({ run, value }) => `${when(run).toLocaleString()}: ${figure(value)}, ${verdictOf(run, score)}`);
  const drawing = svg("svg", { class: "plot", viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": `${score} over time` });
  for (const value of [least, least + span / 2, least + span]) {
    drawing.append(svg("line", { class: "grid", x1: left, x2: width - right, y1: y(value), y2: y(value) }));
    drawing.append(svg("text", { x: left - 6, y: y(value) + 4, "text-anchor": "end" }, figure(value)));
  }
  drawing.append(svg("polyline", { class: "line", points: known.map(({ at, value }) => `${x(at)},${y(value)}`).join(" ") }));
  known.forEach(({ run, at, value }, index) => {
    const link = svg("a", { href: `/v1/jobs/${run.job_id}/report`, target: "_blank", class: verdictOf(run, score), "aria-label": words[index] });
    link.append(svg("title", {}, words[index]), mark(verdictOf(run, score), x(at), y(value)));
    link.addEventListener("click", (event) => {
      if (!hasKey()) return;
      event.preventDefault();
      save(`/v1/jobs/${run.job_id}/report`, `report-${run.job_id}.html`).catch((error) => tell(byId("series-answer"), error));
    });
    drawing.append(link);
  });
  for (const at of new Set([0, runs.length - 1])) {
    const anchor = runs.length === 1 ? "middle" : at === 0 ? "start" : "end";
    drawing.append(svg("text", { x: runs.length === 1 ? x(at) : at === 0 ? left : width - right, y: height - 10, "text-anchor": anchor }, when(runs[at]).toLocaleDateString()));
  }
  return drawing;
}

/** A circle where all is well, a triangle for a warning, a square for what fails. */
function mark(verdict, x, y) {
  if (verdict === "pass") return svg("circle", { class: "point", cx: x, cy: y, r: 5 });
  if (verdict === "warn") return svg("path", { class: "point", d: `M${x} ${y - 7}l7 12h-14z` });
  return svg("rect", { class: "point", x: x - 5, y: y - 5, width: 10, height: 10 });
}

function table(score) {
  const head = ["Ended", "Verdict", "Reference", "Incoming", ...(score ? [score] : []), "Report"];
  const rows = [...runs].reverse().map((run) => {
    const { verdict, reference_rows: reference, incoming_rows: incoming, scores } = run.summary;
    const value = scores[score];
    const cells = [
      when(run).toLocaleString(),
      verdictNode(verdict),
      reference === null ? "–" : counted(reference, "row"),
      incoming === null ? "–" : counted(incoming, "row"),
      ...(score ? [value === undefined ? "–" : figure(value)] : []),
      reportLink(run.job_id, "report", (error) => tell(byId("series-answer"), error)),
    ];
    return element("tr", {}, ...cells.map((cell) => element("td", {}, cell)));
  });
  const body = element("tbody", {}, ...rows);
  return element("table", { class: "counts checks" }, element("thead", {}, element("tr", {}, ...head.map((name) => element("th", { scope: "col" }, name)))), body);
}

byId("series-score").addEventListener("change", draw);
byId("series-dataset").addEventListener("change", async (event) => {
  try {
    await showDataset(event.currentTarget.value);
  } catch (error) {
    tell(byId("series-answer"), error);
  }
});

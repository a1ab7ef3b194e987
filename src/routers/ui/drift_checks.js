// Two sets are held against each other: choose them, name the columns, read the verdict.

import { Problem, askJson, follow, postJson } from "./api.js";
import { figure, reportLink, showSeries, verdictNode } from "./drift_series.js";
import { amount, byId, counted, element, number, showVersion, tell } from "./words.js";

const SIDES = ["reference", "incoming"];
/** Where each set is: an upload, or `null`; its columns by name; and the job. */
const state = { files: { reference: null, incoming: null }, columns: { reference: [], incoming: [] }, suites: [], job: null };

/* ---- the sets ---- */

async function take(side, file) {
  const answer = byId(`${side}-answer`);
  answer.className = "muted";
  answer.textContent = `Sending ${file.name} …`;
  state.files[side] = null;
  try {
    const body = new FormData();
    body.append("file", file);
    const { items } = await askJson("/v1/files", { method: "POST", body });
    state.files[side] = items[0];
    byId(`${side}-path`).value = "";
    await look(side, answer);
  } catch (error) {
    tell(answer, error);
  }
}

/** What the columns are; of a profile nobody can tell, and it is not needed. */
async function look(side, answer) {
  const { id, name } = state.files[side];
  answer.textContent = `Looking at ${name} …`;
  try {
    const { tables } = await askJson(`/v1/files/${id}/table`);
    const [table] = tables;
    state.columns[side] = table.columns;
    answer.textContent = `${name}: ${counted(table.rows_out, "row")}, ${counted(table.columns.length, "column")}.`;
    offerColumns();
  } catch (error) {
    if (side !== "reference" || ![415, 422].includes(error.status)) throw error;
    state.columns[side] = [];
    answer.textContent = `${name} is here; it is no table. If it is a profile, all is well.`;
  }
}

/** Names that both tables have; what looks like texts and labels is filled in, if nobody has yet. */
function offerColumns() {
  const { reference, incoming } = state.columns;
  const both = reference.length && incoming.length ? incoming.filter(({ name }) => reference.some((other) => other.name === name)) : [...incoming, ...reference];
  byId("columns").replaceChildren(...both.map(({ name }) => element("option", { value: name })));
  byId("text-help").textContent = both.length ? `One of: ${both.map(({ name }) => name).join(", ")}` : "";
  for (const role of ["text", "label"]) {
    const field = byId(`${role}_column`);
    const like = both.find((column) => column.looks_like.role === role && column.looks_like.confidence !== "low");
    if (field.value === "" && like) field.value = like.name;
  }
}

function sourceOf(side) {
  const path = byId(`${side}-path`).value.trim();
  if (path) return { type: "path", path };
  const file = state.files[side];
  return file ? { type: "file", file_id: file.id } : null;
}

/* ---- the check ---- */

function optionsOf() {
  const value = (id) => byId(id).value.trim();
  const list = (id) => value(id).split(",").map((name) => name.trim()).filter(Boolean);
  return {
    text_column: value("text_column") ? [value("text_column")] : [],
    label_column: value("label_column") || null,
    prediction_column: value("prediction_column") || null,
    label_separator: byId("label_separator").value || null,
    ignore_columns: list("ignore_columns"),
    embedder: value("embedder") || null,
    suite: value("suite"),
    max_rows: value("max_rows") === "" ? null : Number(value("max_rows")),
    seed: value("seed") === "" ? 42 : Number(value("seed")),
    dataset: value("dataset") || null,
  };
}

async function check() {
  const [reference, incoming] = SIDES.map(sourceOf);
  if (!reference && !incoming) {
    byId("incoming-file").focus();
    throw new Problem({ detail: "choose a set: the incoming one, the reference, or both" }, 0);
  }
  byId("outcome").hidden = true;
  const job = await postJson("/v1/drift-checks", { reference, incoming, options: optionsOf() });
  state.job = job;
  drawProgress(job);
  await follow(`/v1/jobs/${job.id}/events`, (name, data) => {
    state.job = name === "progress" ? { ...state.job, progress: data } : data;
    drawProgress(state.job);
  }, new AbortController().signal);
  if (state.job.status !== "succeeded") throw new Problem(state.job.error ?? { detail: `the check was ${state.job.status}` }, 0);
  const { result } = await askJson(`/v1/jobs/${job.id}`);
  showOutcome(job.id, result);
  await showSeries(result.dataset);
}

function drawProgress(job) {
  const isFinal = ["succeeded", "failed", "cancelled"].includes(job.status);
  byId("running").hidden = isFinal;
  byId("stop").hidden = isFinal || job.cancel_requested;
  const { done, total, unit, message } = job.progress;
  const bar = byId("running").querySelector("progress");
  if (total) Object.assign(bar, { max: total, value: Math.min(done, total) });
  else bar.removeAttribute("value");
  const far = job.status === "queued" ? "waits for a worker" : total ? `${amount(done, unit)} of ${amount(total, unit)}` : done ? amount(done, unit) : "";
  byId("running").querySelector(".how-far").textContent = [far, message].filter(Boolean).join(" · ");
}

/* ---- the verdict ---- */

const RULES = { less_than: "<", at_most: "≤", greater_than: ">", at_least: "≥" };
const ORDER = ["pass", "warn", "fail", "error"];

function showOutcome(id, result) {
  const { pass, warn, fail, error } = result.verdicts;
  const parts = [[error, "broke off"], [fail, "failed"], [warn, "warned"], [pass, "passed"]].filter(([count]) => count > 0).map(([count, what]) => `${number.format(count)} ${what}`);
  const node = byId("outcome");
  const answer = element("p", { role: "status" });
  node.replaceChildren(
    element("h2", { id: "outcome-title" }, "Verdict: ", verdictNode(result.verdict)),
    element("p", {}, result.checks.length ? `${counted(result.checks.length, "check")}: ${parts.join(", ")}.` : "No check was run."),
    element("p", {}, reportLink(id, "Open the report", (problem) => tell(answer, problem)), ": plots, examples, definitions; one page to keep and to send on."),
    answer,
    element("div", { class: "scroll" }, checkTable(result.checks)),
    ...notRunNodes(result.not_run),
  );
  node.hidden = false;
}

function checkTable(checks) {
  const head = ["Verdict", "Check", "Set", "Measure", "Value", "Wanted", "Of"];
  const rows = checks.map((check) => {
    const worst = [...check.conditions].sort((a, b) => ORDER.indexOf(b.verdict) - ORDER.indexOf(a.verdict))[0];
    const broken = worst?.broken_by ?? [];
    const columns = broken.length > 3 ? `${broken.slice(0, 3).join(", ")} and ${broken.length - 3} more` : broken.join(", ") || (worst?.column ?? "");
    return element(
      "tr",
      {},
      element("td", {}, verdictNode(check.verdict)),
      element("td", {}, element("span", { title: check.definition }, check.title)),
      element("td", {}, check.set ?? "both"),
      element("td", {}, worst?.measure.replaceAll("_", " ") ?? ""),
      element("td", { class: "figure" }, typeof worst?.observed === "number" ? figure(worst.observed) : ""),
      element("td", {}, worst ? `${RULES[worst.rule]} ${figure(worst.threshold)}` : ""),
      element("td", {}, check.error ? check.error.message : columns),
    );
  });
  const heading = element("thead", {}, element("tr", {}, ...head.map((name) => element("th", { scope: "col" }, name))));
  return element("table", { class: "counts checks" }, heading, element("tbody", {}, ...rows));
}

function notRunNodes(left) {
  if (left.length === 0) return [];
  const items = left.map(({ title, reason, hint }) => element("li", {}, `${title}: ${reason}${hint ? `; ${hint}` : ""}.`));
  return [element("details", {}, element("summary", {}, `${counted(left.length, "check")} not run`), element("ul", { class: "not-run" }, ...items))];
}

/* ---- who clicks what ---- */

byId("check").addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = event.currentTarget.querySelector("button[type=submit]");
  const answer = byId("answer");
  button.disabled = true;
  answer.className = "muted";
  answer.textContent = "It is being checked.";
  try {
    await check();
    answer.textContent = "There is a verdict.";
    byId("outcome").focus();
  } catch (error) {
    byId("running").hidden = true;
    tell(answer, error);
  }
  button.disabled = false;
});

byId("stop").addEventListener("click", async () => {
  try {
    await askJson(`/v1/jobs/${state.job.id}/cancel`, { method: "POST" });
  } catch (error) {
    tell(byId("answer"), error);
  }
});

byId("suite").addEventListener("change", describeSuite);

function describeSuite() {
  const suite = state.suites.find(({ suite }) => suite === byId("suite").value);
  byId("suite-help").textContent = suite ? `${counted(suite.checks.length, "check")}: ${suite.description}.` : "";
}

for (const side of SIDES) {
  byId(`${side}-file`).addEventListener("change", (event) => {
    const [file] = event.currentTarget.files;
    if (file) take(side, file);
  });
  const drop = document.querySelector(`[data-side=${side}]`);
  for (const name of ["dragenter", "dragover"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    const [file] = event.dataTransfer.files;
    if (file) take(side, file);
  });
}

try {
  await showVersion();
  const [{ suites }, models] = await Promise.all([askJson("/v1/drift-suites"), askJson("/v1/models")]);
  state.suites = suites;
  byId("suite").replaceChildren(...suites.map(({ suite, is_default: selected }) => element("option", { value: suite, selected }, suite.replaceAll("_", " "))));
  describeSuite();
  const here = models.data.filter(({ created }) => created > 0);
  byId("embedder").append(...here.map(({ id }) => element("option", { value: id }, id)));
  await showSeries(new URLSearchParams(location.search).get("dataset"));
} catch (error) {
  tell(byId("answer"), error);
}

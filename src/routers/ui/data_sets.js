// A table becomes a data set: choose it, look at its columns, say what they are for, build, read the card.

import { Problem, askJson, follow, postJson } from "./api.js";
import { showCard } from "./card.js";
import { amount, byId, counted, element, number, showVersion, tell } from "./words.js";

/** What a column can be used for; `many` columns or one, and the option that names it. */
const ROLES = {
  text: { title: "Text", many: true },
  label: { title: "Label", option: "label_column" },
  group: { title: "Group", option: "group_column" },
  split: { title: "Split", option: "split_column" },
  time: { title: "Time", option: "time_column" },
  tags: { title: "Tags", option: "tags_column" },
};
/** Those that are offered for every column; the others only where a column looks like it. */
const ALWAYS = ["text", "label", "group"];
/** Roles that can't be given at once: one goes when the other comes. */
const RIVALS = { group: ["time"], time: ["group"], label: ["tags"], tags: ["label"] };
const SAMPLES = 5;

/** The upload, its tables, and which column has which role (column → role). */
const state = { file: null, tables: [], table: null, roles: new Map(), job: null };

/* ---- the file ---- */

async function take(file) {
  const answer = byId("file-answer");
  answer.className = "muted";
  answer.textContent = `Sending ${file.name} …`;
  byId("build").hidden = true;
  byId("card").hidden = true;
  try {
    const body = new FormData();
    body.append("file", file);
    const { items } = await askJson("/v1/files", { method: "POST", body });
    answer.textContent = `Looking at ${file.name} …`;
    const { tables } = await askJson(`/v1/files/${items[0].id}/table`);
    Object.assign(state, { file: items[0], tables });
    answer.textContent = `${file.name} is here.`;
    offerTables();
    byId("build").hidden = false;
    byId("columns").focus();
  } catch (error) {
    tell(answer, error);
  }
}

function offerTables() {
  const names = state.tables.map((table, at) => table.sheet?.name ?? (table.html_table ? `table ${table.html_table.number}` : `table ${at + 1}`));
  byId("which").replaceChildren(...names.map((name, at) => element("option", { value: String(at) }, name)));
  byId("which-field").hidden = names.length < 2;
  useTable(0);
}

function useTable(at) {
  state.table = state.tables[at];
  state.roles = guess(state.table.columns);
  const rejected = state.table.rows_rejected > 0 ? `, ${counted(state.table.rows_rejected, "row")} can't be read` : "";
  byId("about-table").textContent = `${counted(state.table.rows_out, "row")}, ${counted(state.table.columns.length, "column")}${rejected}. What they look like is a guess: click what they are for. Columns without a use stay beside the text.`;
  byId("column-list").replaceChildren(...state.table.columns.map(columnNode));
  drawRoles();
}

/** The first column that surely looks like a text, and the first that surely looks like a label. */
function guess(columns) {
  const roles = new Map();
  for (const role of ["text", "label"]) {
    const like = columns.filter((column) => column.looks_like.role === role && !roles.has(column.name));
    const best = like.find((column) => column.looks_like.confidence !== "low") ?? (role === "text" ? like[0] : undefined);
    if (best) roles.set(best.name, role);
  }
  return roles;
}

/* ---- a column ---- */

const SURE = { certain: "", high: "", low: ", perhaps" };

function columnNode(column) {
  const { role, reason, confidence } = column.looks_like;
  const offered = Object.keys(ROLES).filter((one) => ALWAYS.includes(one) || one === role);
  const buttons = offered.map((one) => {
    const button = element("button", { type: "button", "data-role": one, "aria-pressed": "false", "aria-label": `Use ${column.name} as ${one}` }, ROLES[one].title);
    button.addEventListener("click", () => pick(column.name, one));
    return button;
  });
  return element(
    "li",
    { class: "card column", "data-column": column.name },
    element("h3", {}, column.name),
    element("p", { class: "looks" }, element("span", { class: "badge" }, `${role}${SURE[confidence]}`), element("span", { class: "muted" }, reason)),
    element("p", { class: "muted" }, figures(column)),
    element("ul", { class: "samples", "aria-label": `Values of ${column.name}` }, ...sampleNodes(column)),
    element("div", { class: "roles", role: "group", "aria-label": `Use of ${column.name}` }, ...buttons),
  );
}

function figures({ type, nulls, distinct, length }) {
  const about = distinct.is_exact ? "" : "about ";
  const parts = [type, `${about}${counted(distinct.values, "different value")}`];
  if (length) parts.push(`${Math.round(length.mean_chars)} characters on average, ${number.format(length.max_chars)} at most`);
  if (nulls > 0) parts.push(`${number.format(nulls)} empty`);
  return parts.join(" · ");
}

/** Values with their rows where there are few; else samples. */
function sampleNodes({ values, samples }) {
  const repeat = values?.some((value) => value.rows > 1);
  const shown = repeat ? values.slice(0, SAMPLES) : samples.map((value) => ({ value, rows: null }));
  const nodes = shown.map(({ value, rows }) => {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    const parts = [element("span", { class: "value", title: text }, text)];
    if (rows !== null) parts.push(element("span", { class: "rows" }, counted(rows, "row")));
    return element("li", {}, ...parts);
  });
  if (repeat && values.length > SAMPLES) nodes.push(element("li", { class: "muted" }, `and ${number.format(values.length - SAMPLES)} more`));
  return nodes;
}

function pick(name, role) {
  const had = state.roles.get(name) === role;
  const gone = [...(ROLES[role].many ? [] : [role]), ...(RIVALS[role] ?? [])];
  for (const [other, one] of state.roles) if (!had && gone.includes(one)) state.roles.delete(other);
  if (had) state.roles.delete(name);
  else state.roles.set(name, role);
  drawRoles();
}

function drawRoles() {
  for (const node of byId("column-list").children) {
    const role = state.roles.get(node.dataset.column);
    node.classList.toggle("used", role !== undefined);
    for (const button of node.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.dataset.role === role));
  }
  byId("picked").textContent = inWords();
}

const columnsOf = (role) => state.table.columns.map((column) => column.name).filter((name) => state.roles.get(name) === role);

function inWords() {
  const texts = columnsOf("text");
  if (texts.length === 0) return "Click “Text” at the column that holds the texts.";
  const named = (names) => names.map((name) => `“${name}”`).join(" and ");
  const [label, group, split, time, tags] = ["label", "group", "split", "time", "tags"].map((role) => columnsOf(role)[0]);
  const parts = [`Texts are ${named(texts)}${texts.length > 1 ? ", joined a line each" : ""}`];
  if (label) parts.push(`labels are “${label}”`);
  else if (tags) parts.push(`entities are tagged in “${tags}”`);
  else parts.push("without a label column, labels are left empty for annotation");
  if (group) parts.push(`rows with the same “${group}” stay in one split`);
  if (time) parts.push(`the latest by “${time}” are tested on`);
  if (split) parts.push(`“${split}” says the split`);
  return `${parts.join("; ")}.`;
}

/* ---- the build ---- */

function optionsOf() {
  const value = (id) => byId(id).value.trim();
  const whole = (id) => (value(id) === "" ? null : Number(value(id)));
  const options = {
    text_column: columnsOf("text"),
    split: { train: Number(value("train")), validation: Number(value("validation")), test: Number(value("test")) },
    seed: whole("seed") ?? 42,
    stratify: byId("stratify").checked,
    duplicates: value("duplicates"),
    conflicts: value("conflicts"),
    unlabelled: value("unlabelled"),
    format: value("format"),
    min_chars: whole("min_chars"),
    max_chars: whole("max_chars"),
    languages: value("languages").split(/[\s,;]+/).filter(Boolean),
    balance: byId("down-sample").checked ? "down-sample" : "none",
    weights: byId("weights").checked,
    licence: value("licence") || null,
  };
  for (const [role, { option }] of Object.entries(ROLES)) {
    const [name] = option ? columnsOf(role) : [];
    if (name !== undefined) options[option] = name;
  }
  if (options.tags_column) options.task = "entities";
  if (byId("label_separator").value !== "" && options.label_column) {
    options.label_separator = byId("label_separator").value;
    options.task = "multi-label";
  }
  return options;
}

function refuse(field, text) {
  field.focus();
  return new Problem({ detail: text }, 0);
}

function check(options) {
  if (options.text_column.length === 0) throw refuse(byId("column-list").querySelector("button[data-role=text]"), "click “Text” at the column that holds the texts");
  const { train, validation, test } = options.split;
  const sum = train + validation + test;
  if (Math.abs(sum - 100) > 1e-6) throw refuse(byId("train"), `the shares add up to ${number.format(sum)}, not to 100`);
}

async function build() {
  const options = optionsOf();
  check(options);
  byId("card").hidden = true;
  const job = await postJson("/v1/classification-datasets", { source: { type: "file", file_id: state.file.id }, options });
  state.job = job;
  drawProgress(job);
  await follow(`/v1/jobs/${job.id}/events`, (name, data) => {
    state.job = name === "progress" ? { ...state.job, progress: data } : data;
    drawProgress(state.job);
  }, new AbortController().signal);
  if (state.job.status !== "succeeded") throw new Problem(state.job.error ?? { detail: `the build was ${state.job.status}` }, 0);
  await showCard(state.job, byId("card"));
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

/* ---- who clicks what ---- */

byId("build").addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = event.currentTarget.querySelector("button[type=submit]");
  const answer = byId("answer");
  button.disabled = true;
  answer.className = "muted";
  answer.textContent = "It is being built.";
  try {
    await build();
    answer.textContent = "The data set is ready.";
    byId("card").focus();
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

byId("file").addEventListener("change", (event) => {
  const [file] = event.currentTarget.files;
  if (file) take(file);
});

byId("which").addEventListener("change", (event) => useTable(Number(event.currentTarget.value)));

const drop = byId("drop");
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
  if (file) take(file);
});

try {
  await showVersion();
} catch (error) {
  tell(byId("file-answer"), error);
}

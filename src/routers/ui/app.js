// The page: one form, one list of jobs.

import { Problem, askJson, follow, hasKey, postJson, save } from "./api.js";
import { amount, byId, counted, number, showVersion, size, tell } from "./words.js";

const isFinal = (job) => ["succeeded", "failed", "cancelled"].includes(job.status);
const REFRESH_MS = 5_000;
/** A browser opens six connections to one service; streams must leave some for everything else. */
const STREAMS = 2;

/** Jobs on the page: id → { job, node, stop }. */
const shown = new Map();
let nextCursor = null;
let isPaging = false;

/* ---- words ---- */

function place(location) {
  return location ? (location.path ?? location.uri ?? "an uploaded file") : null;
}

function title(job) {
  if (job.kind === "drift_check") return compared(job.options ?? {});
  const from = place(job.options?.source) ?? job.kind;
  const to = job.kind === "knowledge_base" ? `knowledge base ${job.options?.name}` : place(job.options?.destination);
  return to ? `${from} → ${to}` : from;
}

/** Which sets a check looks at. */
function compared({ reference, incoming, options }) {
  const [known, came] = [place(reference), place(incoming)];
  const sets = known && came ? `${came} against ${known}` : (came ?? known);
  return options?.dataset ? `${options.dataset}: ${sets}` : `check of ${sets}`;
}

/* ---- one job ---- */

function nodeOf(job) {
  const node = byId("job").content.firstElementChild.cloneNode(true);
  node.querySelector(".cancel").addEventListener("click", () => act(job.id, "cancel"));
  node.querySelector(".retry").addEventListener("click", () => act(job.id, "retry"));
  node.querySelector(".files").addEventListener("click", (event) => toggleFiles(job.id, event.currentTarget));
  node.querySelector(".report").addEventListener("click", (event) => {
    if (!hasKey()) return;
    event.preventDefault();
    saveOrTell(node, `/v1/jobs/${job.id}/report`, `report-${job.id}.html`);
  });
  return node;
}

function draw({ job, node }) {
  const part = (name) => node.querySelector(`.${name}`);
  node.dataset.status = job.status;
  part("badge").textContent = job.cancel_requested && !isFinal(job) ? "stopping" : job.status;
  part("what").textContent = title(job);
  part("id").textContent = job.id;
  const time = part("time") ?? node.querySelector("time");
  time.dateTime = job.created_at;
  time.textContent = new Date(job.created_at).toLocaleString();
  drawProgress(job, node);
  const outcome = part("outcome");
  outcome.hidden = job.status !== "succeeded";
  outcome.textContent = job.status === "succeeded" ? cameOf(job) : "";
  const fault = part("fault");
  fault.hidden = job.error === null || job.status === "succeeded";
  if (job.error) tell(fault, new Problem(job.error, 0));
  const report = part("report");
  report.hidden = !isFinal(job);
  report.href = `/v1/jobs/${job.id}/report`;
  part("files").hidden = job.status !== "succeeded";
  part("cancel").hidden = isFinal(job) || job.cancel_requested;
  part("retry").hidden = !["failed", "cancelled"].includes(job.status);
}

/** What came of a job. */
function cameOf({ kind, result }) {
  if (kind === "knowledge_base") return built(result?.summary);
  if (kind === "classification_dataset") return divided(result);
  if (kind === "drift_check") return judged(result?.summary);
  return inWords(result?.summary);
}

/** What came of a data set, from its card. */
function divided(card) {
  if (!card?.splits) return "The data set is among the job's files, dataset.json says what is in it.";
  const splits = card.splits.map((split) => `${number.format(split.rows)} ${split.split}`);
  const left = card.rows.read - card.rows.written;
  return `${counted(card.rows.written, "row")} with ${counted(card.labels.length, "label")}: ${splits.join(", ")}; ${left > 0 ? `${number.format(left)} left out` : "none left out"}.`;
}

/** What came of a conversion, from its sums. */
function inWords(sums) {
  if (!sums) return "";
  if (sums.converted === 0) return `Nothing was converted, of ${counted(sums.files, "file")}: the report says why.`;
  const left = [
    sums.failed > 0 ? `${counted(sums.failed, "file")} can't be read` : "",
    sums.rows_rejected > 0 ? `${counted(sums.rows_rejected, "row")} rejected` : "",
  ].filter(Boolean);
  const done = `${number.format(sums.converted)} of ${counted(sums.files, "file")} in Parquet, ${counted(sums.rows_out, "row")}`;
  return left.length ? `${done}; ${left.join(", ")}: the report names each.` : `${done}; none rejected.`;
}

/** What came of a check, from its summary. */
function judged(summary) {
  if (!summary) return "";
  const { pass, warn, fail, error } = summary.verdicts;
  const parts = [[error, "broke off"], [fail, "failed"], [warn, "warned"], [pass, "passed"]].filter(([count]) => count > 0).map(([count, what]) => `${number.format(count)} ${what}`);
  return `Verdict: ${summary.verdict}${parts.length ? `; of its checks ${parts.join(", ")}` : "; no check was run"}.`;
}

/** What came of a build, from its sums. */
function built(sums) {
  if (!sums) return "";
  const left = [
    sums.files_failed > 0 ? `${counted(sums.files_failed, "file")} can't be read` : "",
    sums.rejected > 0 ? `${counted(sums.rejected, "row")} rejected` : "",
  ].filter(Boolean);
  return `${counted(sums.records, "record")} of ${counted(sums.files_read, "file")}; ${left.length ? left.join(", ") : "none rejected"}.`;
}

function drawProgress(job, node) {
  const { done, total, unit, message } = job.progress;
  const bar = node.querySelector("progress");
  node.querySelector(".running").hidden = isFinal(job);
  bar.setAttribute("aria-label", `Progress of ${title(job)}`);
  if (total) {
    bar.max = total;
    bar.value = Math.min(done, total);
  } else {
    bar.removeAttribute("value");
  }
  const far = total ? `${amount(done, unit)} of ${amount(total, unit)}` : done ? amount(done, unit) : "";
  const word = job.status === "queued" ? "waits for a worker" : far;
  const shared = job.is_divided && job.status === "running" ? "shared among workers" : "";
  node.querySelector(".how-far").textContent = [word, shared, message].filter(Boolean).join(" · ");
}

/** Takes jobs in, draws them, and follows some of them. */
function show(...jobs) {
  jobs.forEach(take);
  followSome();
}

function take(job) {
  let entry = shown.get(job.id);
  if (!entry) {
    entry = { job, node: nodeOf(job), stop: null };
    shown.set(job.id, entry);
    insert(entry);
  }
  entry.job = job;
  draw(entry);
}

/** Follows the jobs that run, then those that run next; the others are drawn at each refresh. */
function followSome() {
  const open = [...shown.values()].filter(({ job }) => !isFinal(job));
  const waits = ({ job }) => (job.status === "running" ? 0 : 1);
  open.sort((a, b) => waits(a) - waits(b) || (a.job.id < b.job.id ? -1 : 1));
  for (const entry of open.slice(STREAMS)) {
    entry.stop?.abort();
    entry.stop = null;
  }
  for (const entry of open.slice(0, STREAMS)) if (!entry.stop) watch(entry);
}

/** Newest first: ids sort by time. */
function insert(entry) {
  const list = byId("list");
  const after = [...shown.values()].filter((other) => other.job.id < entry.job.id && other.node.isConnected);
  after.sort((a, b) => (a.job.id < b.job.id ? 1 : -1));
  list.insertBefore(entry.node, after[0]?.node ?? null);
  byId("empty").hidden = true;
}

async function watch(entry) {
  const stop = new AbortController();
  entry.stop = stop;
  const onEvent = (name, data) => {
    entry.job = name === "progress" ? { ...entry.job, progress: data } : data;
    draw(entry);
    if (name === "done") byId("list-answer").textContent = `${title(entry.job)}: ${entry.job.status}`;
  };
  try {
    await follow(`/v1/jobs/${entry.job.id}/events`, onEvent, stop.signal);
  } catch (error) {
    if (error.status === 404) forget(entry);
  }
  if (entry.stop === stop) entry.stop = null;
  if (isFinal(entry.job)) followSome();
}

function forget(entry) {
  entry.stop?.abort();
  entry.node.remove();
  shown.delete(entry.job.id);
  byId("empty").hidden = shown.size > 0;
}

async function act(id, verb) {
  const { node } = shown.get(id);
  try {
    show(await askJson(`/v1/jobs/${id}/${verb}`, { method: "POST" }));
  } catch (error) {
    const fault = node.querySelector(".fault");
    fault.hidden = false;
    tell(fault, error);
  }
}

async function saveOrTell(node, path, name) {
  try {
    await save(path, name);
  } catch (error) {
    const fault = node.querySelector(".fault");
    fault.hidden = false;
    tell(fault, error);
  }
}

async function toggleFiles(id, button) {
  const { job, node } = shown.get(id);
  const list = node.querySelector(".artifacts");
  list.hidden = !list.hidden;
  button.setAttribute("aria-expanded", String(!list.hidden));
  if (list.hidden) return;
  try {
    const { items } = await askJson(`/v1/jobs/${id}/artifacts`);
    list.replaceChildren(...items.map((artifact) => artifactNode(id, node, artifact)));
    if (items.length === 0) list.append(noFiles(job));
  } catch (error) {
    const item = document.createElement("li");
    tell(item, error);
    list.replaceChildren(item);
  }
}

function noFiles(job) {
  const to = place(job.options?.destination);
  const text = to ? `The files are in ${to} on the server.` : "This job left no files.";
  return Object.assign(document.createElement("li"), { textContent: text });
}

function artifactNode(id, node, artifact) {
  const path = `/v1/jobs/${id}/artifacts/${artifact.name.split("/").map(encodeURIComponent).join("/")}`;
  const name = artifact.name.split("/").pop();
  const link = Object.assign(document.createElement("a"), { href: path, textContent: artifact.name, download: name });
  link.addEventListener("click", (event) => {
    if (!hasKey()) return;
    event.preventDefault();
    saveOrTell(node, path, name);
  });
  const item = document.createElement("li");
  item.append(link, Object.assign(document.createElement("span"), { className: "muted", textContent: size(artifact.size_bytes) }));
  return item;
}

/* ---- the list ---- */

async function refresh() {
  const page = await askJson("/v1/jobs?limit=20");
  show(...page.items);
  if (!isPaging) nextCursor = page.next_cursor;
  byId("more").hidden = nextCursor === null;
  byId("empty").hidden = shown.size > 0;
  await lookForWorkers();
}

/** Jobs that wait while nobody works would wait in silence. */
async function lookForWorkers() {
  const someWait = [...shown.values()].some(({ job }) => !isFinal(job) && !job.worker);
  const workers = someWait ? (await askJson("/v1/workers")).items : [];
  byId("no-workers").hidden = !someWait || workers.some((worker) => worker.status === "alive");
}

async function older() {
  const page = await askJson(`/v1/jobs?limit=20&cursor=${encodeURIComponent(nextCursor)}`);
  isPaging = true;
  nextCursor = page.next_cursor;
  show(...page.items);
  byId("more").hidden = nextCursor === null;
}

/** Tells what went wrong, in place of what was to be shown. */
async function orTell(work) {
  const answer = byId("list-answer");
  try {
    await work();
    if (answer.className === "fault") {
      answer.className = "";
      answer.replaceChildren();
    }
    return true;
  } catch (error) {
    tell(answer, error);
    return error.status !== 401;
  }
}

/* ---- the form ---- */

function optionsOf(form) {
  const include = form.include.value.trim();
  return {
    ...(include ? { include: include.split("\n").map((glob) => glob.trim()).filter(Boolean) } : {}),
    header: form.header.value,
    schema: form.schema.value,
    ambiguous_dates: form.ambiguous_dates.value,
    overwrite: form.overwrite.checked,
    dry_run: form.dry_run.checked,
  };
}

async function convert(form) {
  const destination = form.destination.value.trim();
  const to = destination ? { type: "path", path: destination } : null;
  if (form.from.value === "path") {
    const path = form.source.value.trim();
    if (!path) throw refocus(form.source, "Name the folder or file to convert");
    return postJson("/v1/conversions", { source: { type: "path", path }, destination: to, options: optionsOf(form) });
  }
  const [file] = form.file.files;
  if (!file) throw refocus(form.file, "Choose the file to convert");
  const body = new FormData();
  body.append("options", JSON.stringify(optionsOf(form)));
  if (to) body.append("destination", JSON.stringify(to));
  body.append("file", file);
  return askJson("/v1/conversions", { method: "POST", body });
}

function refocus(field, text) {
  field.focus();
  return new Problem({ detail: text }, 0);
}

byId("convert").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.currentTarget;
  const button = form.querySelector("button[type=submit]");
  const answer = byId("answer");
  button.disabled = true;
  answer.className = "muted";
  answer.textContent = form.from.value === "file" ? "Sending the file …" : "";
  try {
    show(await convert(form));
    answer.textContent = "It is in the queue.";
  } catch (error) {
    tell(answer, error);
  }
  button.disabled = false;
});

for (const choice of document.querySelectorAll("input[name=from]")) {
  choice.addEventListener("change", () => {
    for (const field of document.querySelectorAll("[data-from]")) field.hidden = field.dataset.from !== choice.value;
  });
}

for (const link of document.querySelectorAll("a[data-fetch]")) {
  link.addEventListener("click", (event) => {
    if (!hasKey()) return;
    event.preventDefault();
    orTell(() => save(link.getAttribute("href"), link.dataset.fetch));
  });
}

byId("more").addEventListener("click", () => orTell(older));
byId("first-curl").textContent =
  `curl ${location.origin}/v1/conversions -H 'Content-Type: application/json' \\\n` +
  `  -d '{"source": {"type": "path", "path": "knowledgebase"}}'`;

/* ---- begin ---- */

const goesOn = await orTell(async () => {
  await showVersion();
  await refresh();
});
if (goesOn) {
  setInterval(() => {
    if (!document.hidden) orTell(refresh);
  }, REFRESH_MS);
}

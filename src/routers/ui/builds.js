// Builds of knowledge bases as they happen.

import { Problem, askJson, follow } from "./api.js";
import { amount, byId, element, tell } from "./words.js";

const isFinal = (job) => ["succeeded", "failed", "cancelled"].includes(job.status);
/** A browser opens six connections to one service; streams must leave some for everything else. */
const STREAMS = 2;
const followed = new Map();

/** Follows the builds that are waiting or running, of one name or of all; `onDone` hears of each that ends. */
export async function followBuilds(name, onDone) {
  const open = ["running", "queued"].map((status) => askJson(`/v1/jobs?kind=knowledge_base&status=${status}&limit=200`));
  const pages = await Promise.all(open);
  const jobs = pages.flatMap((page) => page.items);
  for (const job of jobs.filter((job) => name === null || job.options?.name === name)) followBuild(job, onDone);
}

/** Shows a build, and follows it to its end. */
export function followBuild(job, onDone) {
  if (followed.has(job.id) || followed.size >= STREAMS) return;
  const node = element("li", { class: "build" });
  const entry = { job, node };
  followed.set(job.id, entry);
  byId("builds").append(node);
  draw(entry);
  watch(entry, onDone);
}

async function watch(entry, onDone) {
  const onEvent = (name, data) => {
    entry.job = name === "progress" ? { ...entry.job, progress: data } : data;
    draw(entry);
  };
  try {
    await follow(`/v1/jobs/${entry.job.id}/events`, onEvent, new AbortController().signal);
  } catch (error) {
    tell(entry.node, error);
  }
  followed.delete(entry.job.id);
  if (entry.job.status === "succeeded") entry.node.remove();
  onDone(entry.job);
}

function draw({ job, node }) {
  const name = job.options?.name ?? "";
  if (isFinal(job)) {
    const why = job.error ?? { detail: `the build of ${name} was ${job.status}` };
    tell(node, new Problem({ ...why, detail: `${name}: ${why.detail}` }, 0));
    return;
  }
  const { done, total, unit, message } = job.progress;
  const bar = element("progress", { "aria-label": `Progress of ${name}`, ...(total ? { max: total, value: Math.min(done, total) } : {}) });
  const far = job.status === "queued" ? "waits for a worker" : total ? `${amount(done, unit)} of ${amount(total, unit)}` : done ? amount(done, unit) : "";
  const words = [far, message].filter(Boolean).join(" · ");
  node.replaceChildren(element("strong", {}, `Building ${name}`), bar, element("span", { class: "how-far muted" }, words));
}

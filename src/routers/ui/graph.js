// A small graph, drawn: forces place the nodes, the same way each time.

import { element } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const ROUNDS = 300;
const SEPARATIONS = 120;
/** Height of a node with its name, in pixels. */
const LINE = 32;
/** Room for names at the edge, in pixels. */
const [MARGIN_X, MARGIN_Y] = [70, 26];
/** With more nodes on so many pixels, files show their names only when they are pointed at. */
const PIXELS_A_NAME = 14_000;

/** Each kind has a shape of its own, so that colour is never needed. */
const KINDS = {
  folder: { name: "folder", shape: "M-9,-6h7l2,3h9v10h-18z" },
  file: { name: "file", shape: "M-6,-8h8l4,4v12h-12z" },
  record: { name: "record", shape: "M-5,0a5,5 0 1,0 10,0a5,5 0 1,0 -10,0z" },
  concept: { name: "concept", shape: "M0,-10L9,-5V5L0,10L-9,5V-5z" },
};

/** Draws it, with a list of the same for those who don't see it. */
export function graphOf(graph, { drawing, legend, onFolder, onFile }) {
  const nodes = graph.nodes.map((node, place) => ({ ...node, ...start(place, graph.nodes.length), vx: 0, vy: 0 }));
  const byName = new Map(nodes.map((node) => [node.id, node]));
  const edges = graph.edges.map((edge) => ({ ...edge, a: byName.get(edge.source), b: byName.get(edge.target) })).filter(({ a, b }) => a && b);
  settle(nodes, edges);
  const [width, height] = fit(nodes, drawing.clientWidth);
  separate(nodes, width, height);
  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": "Graph of the knowledge base" });
  picture.classList.toggle("dense", (width * height) / nodes.length < PIXELS_A_NAME);
  picture.append(...edges.map(line), ...nodes.map((node) => mark(node, edges, { onFolder, onFile })));
  drawing.replaceChildren(picture);
  legend.replaceChildren(...legendOf(nodes, edges));
}

/** On a spiral: no two in one place, and nothing drawn at random. */
function start(place, count) {
  const [angle, radius] = [place * 2.399963, 240 * Math.sqrt((place + 0.5) / count)];
  return { x: radius * Math.cos(angle), y: radius * Math.sin(angle) };
}

/** Nodes push each other away, edges pull, the middle pulls a little (Fruchterman and Reingold). */
function settle(nodes, edges) {
  const ideal = 80;
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const node of nodes) [node.vx, node.vy] = [-node.x * 0.02, -node.y * 0.035];
    for (let i = 0; i < nodes.length; i += 1) for (let j = i + 1; j < nodes.length; j += 1) push(nodes[i], nodes[j], ideal);
    for (const { a, b } of edges) pull(a, b, ideal);
    const most = 40 * (1 - round / ROUNDS);
    for (const node of nodes) {
      const length = Math.hypot(node.vx, node.vy) || 1;
      node.x += (node.vx / length) * Math.min(length, most);
      node.y += (node.vy / length) * Math.min(length, most);
    }
  }
}

function push(a, b, ideal) {
  const [dx, dy] = [a.x - b.x, a.y - b.y];
  // Names are wider than high: sideways, nodes need more room.
  const force = (ideal * ideal) / Math.max(dx * dx * 0.25 + dy * dy, 25);
  a.vx += dx * force;
  a.vy += dy * force;
  b.vx -= dx * force;
  b.vy -= dy * force;
}

function pull(a, b, ideal) {
  const [dx, dy] = [a.x - b.x, a.y - b.y];
  const force = Math.hypot(dx, dy) / ideal / 2;
  a.vx -= dx * force;
  a.vy -= dy * force;
  b.vx += dx * force;
  b.vy += dy * force;
}

/** Brings them into a box that is as wide as the page, a unit a pixel, so that names keep their size. */
function fit(nodes, width) {
  const height = Math.round(Math.min(Math.max(width * 0.66, 420), 620));
  for (const [axis, length, margin] of [["x", width, MARGIN_X], ["y", height, MARGIN_Y]]) {
    const places = nodes.map((node) => node[axis]);
    const [least, most] = [Math.min(...places), Math.max(...places)];
    const scale = (length - 2 * margin) / Math.max(most - least, 1);
    for (const node of nodes) node[axis] = Math.round((margin + (node[axis] - least) * scale) * 10) / 10;
  }
  return [width, height];
}

/** Moves nodes apart whose names would lie upon each other, and keeps them in the box. */
function separate(nodes, width, height) {
  const reach = ({ kind }) => (kind === "folder" || kind === "concept" ? 46 : 12);
  for (let round = 0; round < SEPARATIONS; round += 1) {
    for (let i = 0; i < nodes.length; i += 1) for (let j = i + 1; j < nodes.length; j += 1) part(nodes[i], nodes[j], reach(nodes[i]) + reach(nodes[j]));
    for (const node of nodes) {
      node.x = Math.round(Math.min(Math.max(node.x, MARGIN_X), width - MARGIN_X) * 10) / 10;
      node.y = Math.round(Math.min(Math.max(node.y, MARGIN_Y), height - MARGIN_Y) * 10) / 10;
    }
  }
}

function part(a, b, room) {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const [across, down] = [room - Math.abs(dx), LINE - Math.abs(dy)];
  if (across <= 0 || down <= 0) return;
  if (down < across) {
    const step = (down / 4 + 0.1) * (dy < 0 ? -1 : 1);
    a.y -= step;
    b.y += step;
  } else {
    const step = (across / 4 + 0.1) * (dx < 0 ? -1 : 1);
    a.x -= step;
    b.x += step;
  }
}

const line = ({ a, b, type }) => svg("line", { x1: a.x, y1: a.y, x2: b.x, y2: b.y, class: `edge ${type.toLowerCase()}` });

function mark(node, edges, { onFolder, onFile }) {
  const kind = KINDS[node.kind];
  const related = edges.filter(({ a, b }) => a === node || b === node).length;
  const act = { folder: () => onFolder(node.path), file: () => onFile(node.path) }[node.kind];
  const group = svg("g", {
    class: `node ${node.kind}`, transform: `translate(${node.x} ${node.y})`, tabindex: 0, role: act ? "button" : "img",
    "aria-label": `${kind.name} ${node.name}, ${related} ${related === 1 ? "edge" : "edges"}`,
  });
  const label = svg("text", { y: 22, "text-anchor": "middle" });
  label.textContent = node.kind === "record" ? "" : shortened(node.kind === "concept" ? node.name.split("/").pop() : node.name, 18);
  const title = svg("title", {});
  title.textContent = shortened(node.name, 300);
  group.append(title, svg("path", { d: kind.shape }), label);
  if (act) {
    group.addEventListener("click", act);
    group.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      act();
    });
  }
  return group;
}

function legendOf(nodes, edges) {
  const kinds = Object.keys(KINDS).filter((kind) => nodes.some((node) => node.kind === kind));
  const items = kinds.map((kind) => {
    const picture = svg("svg", { viewBox: "-12 -12 24 24", width: 20, height: 20, "aria-hidden": "true", class: `node ${kind}` });
    picture.append(svg("path", { d: KINDS[kind].shape }));
    return element("li", {}, picture, KINDS[kind].name);
  });
  for (const [type, words] of [["mentions", "mentions"], ["similar_to", "is like"]]) {
    if (!edges.some((edge) => edge.type.toLowerCase() === type)) continue;
    const picture = svg("svg", { viewBox: "0 0 24 12", width: 24, height: 12, "aria-hidden": "true" });
    picture.append(svg("line", { x1: 0, y1: 6, x2: 24, y2: 6, class: `edge ${type}` }));
    items.push(element("li", {}, picture, words));
  }
  return items;
}

const shortened = (text, most) => (Array.from(text).length > most ? `${Array.from(text).slice(0, most - 1).join("")}…` : text);

function svg(name, attributes) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

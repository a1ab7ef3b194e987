// Puts the plots of a check of incoming data to life: the numbers are the page's own, Chart.js draws.
// Without this script the page is whole: every plot is there as SVG, with a table beside it.
"use strict";
(() => {
  const outcome = JSON.parse(document.getElementById("outcome").textContent);
  const charts = new Map();
  const hidden = new Map();

  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  // Tokens are #rrggbb; two more digits say how much of it covers what is below.
  const clear = (colour, percent) => colour + Math.round(percent * 2.55).toString(16).padStart(2, "0");
  const sum = (counts) => counts.reduce((total, count) => total + count, 0);
  const grouped = new Intl.NumberFormat("en");
  const number = (value) => Number.parseFloat(value.toPrecision(3)).toLocaleString("en", { maximumFractionDigits: 6 });
  const percent = (value) => `${Number.parseFloat((value * 100).toPrecision(3))}%`;

  // The same heights as in the SVG: shares of a bin, or for as much width as a bin has on average.
  function heights(edges, counts) {
    const total = sum(counts);
    const widths = counts.map((_, index) => edges[index + 1] - edges[index]);
    const most = Math.max(...widths);
    const least = Math.min(...widths);
    const isEven = least <= 0 || most - least <= most * 1e-6;
    const average = (edges[edges.length - 1] - edges[0]) / counts.length;
    return counts.map((count, index) => (count / total) * (isEven ? 1 : average / widths[index]));
  }

  function outline(edges, counts) {
    if (sum(counts) === 0) return [];
    const tops = heights(edges, counts);
    const points = tops.map((y, bin) => ({ x: edges[bin], y, bin }));
    points.push({ x: edges[edges.length - 1], y: tops[tops.length - 1], bin: tops.length - 1 });
    return points;
  }

  // What is pointed at is the bin below the pointer, of each set that is shown.
  Chart.Interaction.modes.bin = (chart, event) => {
    const at = chart.scales.x.getValueForPixel(event.x);
    const items = chart.getSortedVisibleDatasetMetas().map(({ data, index: datasetIndex }) => {
      const points = chart.data.datasets[datasetIndex].data;
      const index = points.findLastIndex((point, place) => point.x <= at && place < points.length - 1);
      return { element: data[index], datasetIndex, index };
    });
    return items.filter(({ index }) => index >= 0);
  };

  // Lines across, with what they are above them.
  const marks = {
    id: "marks",
    afterDatasetsDraw(chart, _arguments, options) {
      const { ctx, chartArea, scales } = chart;
      ctx.save();
      ctx.strokeStyle = options.colour;
      ctx.fillStyle = options.colour;
      ctx.font = "11px system-ui, sans-serif";
      ctx.setLineDash([5, 3]);
      for (const mark of options.marks) {
        const x = scales.x.getPixelForValue(mark.at);
        ctx.beginPath();
        ctx.moveTo(x, chartArea.top);
        ctx.lineTo(x, chartArea.bottom);
        ctx.stroke();
        const place = (x - chartArea.left) / (chartArea.right - chartArea.left);
        ctx.textAlign = place > 0.85 ? "right" : place < 0.15 ? "left" : "center";
        ctx.fillText(mark.label, x, chartArea.top - 4);
      }
      ctx.restore();
    },
  };

  function shared() {
    return {
      responsive: true,
      maintainAspectRatio: false,
      animation: false,
      plugins: {
        legend: { display: false },
        tooltip: {
          backgroundColor: token("ink"),
          titleColor: token("paper"),
          bodyColor: token("paper"),
          cornerRadius: 6,
          padding: 8,
          titleFont: { weight: "600" },
        },
      },
    };
  }

  function axis(extra) {
    const ticks = { color: token("muted"), font: { size: 11 }, maxRotation: 0, ...extra.ticks };
    return { border: { color: token("muted") }, ...extra, ticks };
  }

  function distribution(data) {
    const options = shared();
    options.interaction = { mode: "bin", intersect: false };
    options.layout = { padding: { top: data.marks.length > 0 ? 14 : 4 } };
    const ends = [data.edges[0], data.edges[data.edges.length - 1], ...data.marks.map((mark) => mark.at)];
    options.scales = {
      x: axis({ type: "linear", min: Math.min(...ends), max: Math.max(...ends), grid: { display: false } }),
      y: axis({ beginAtZero: true, grid: { color: token("line") }, border: { display: false }, ticks: { callback: percent, maxTicksLimit: 4 } }),
    };
    options.scales.x.ticks.maxTicksLimit = 7;
    options.plugins.marks = { marks: data.marks, colour: token("bad") };
    options.plugins.tooltip.callbacks = {
      title: ([item]) => `${number(data.edges[item.raw.bin])} to ${number(data.edges[item.raw.bin + 1])}`,
      label: ({ dataset, raw }) => {
        const counts = data[dataset.set];
        return ` ${dataset.set}: ${grouped.format(counts[raw.bin])} (${percent(counts[raw.bin] / sum(counts))})`;
      },
    };
    // "before": a height holds from its edge to the next one.
    const common = { stepped: "before", pointRadius: 0, pointHitRadius: 0, borderJoinStyle: "round" };
    const reference = token("reference");
    const incoming = token("incoming");
    const datasets = [
      { ...common, set: "reference", fill: "origin", backgroundColor: clear(reference, 38), borderColor: clear(reference, 60), borderWidth: 1 },
      { ...common, set: "incoming", fill: false, borderColor: incoming, backgroundColor: incoming, borderWidth: 2 },
    ].map((dataset) => ({ ...dataset, data: outline(data.edges, data[dataset.set]) }));
    return { type: "line", data: { datasets: datasets.filter((dataset) => dataset.data.length > 0) }, options, plugins: [marks] };
  }

  function wrapped(text, width) {
    const lines = [""];
    for (const word of text.split(/\s+/)) {
      const last = lines[lines.length - 1];
      if (last.length + word.length > width && last.length > 0) lines.push(word.slice(0, width));
      else lines[lines.length - 1] = `${last} ${word.slice(0, width)}`.trim();
    }
    return lines;
  }

  function map(data, figure) {
    const options = shared();
    options.interaction = { mode: "nearest", intersect: true };
    const bare = { ticks: { display: false }, grid: { display: false }, border: { display: false } };
    options.scales = { x: { ...bare, grace: "3%" }, y: { ...bare, grace: "3%" } };
    const room = () => (figure.clientWidth < 500 ? 36 : 64);
    options.plugins.tooltip.callbacks = {
      title: ([item]) => `${item.raw.set}, row ${grouped.format(item.raw.row)}`,
      label: ({ raw }) => wrapped(raw.text, room()),
    };
    options.plugins.tooltip.displayColors = false;
    options.plugins.tooltip.filter = (item, index) => index === 0;
    options.onClick = (_event, [element], chart) => {
      if (element === undefined) return;
      const point = chart.data.datasets[element.datasetIndex].data[element.index];
      const picked = figure.querySelector(".picked");
      picked.textContent = `${point.set}, row ${grouped.format(point.row)}: ${point.text}`;
      picked.hidden = false;
    };
    const datasets = [
      { set: "reference", pointStyle: "circle", radius: 2.5 },
      { set: "incoming", pointStyle: "rect", radius: 3 },
    ].map((dataset) => ({
      ...dataset,
      hitRadius: 3,
      hoverRadius: 6,
      borderWidth: 0,
      backgroundColor: clear(token(dataset.set), 65),
      data: data.points.filter((point) => point.set === dataset.set),
    }));
    return { type: "scatter", data: { datasets }, options };
  }

  function exhibit(figure) {
    return outcome.checks[figure.dataset.check].exhibits[figure.dataset.exhibit];
  }

  function draw(figure) {
    const data = exhibit(figure);
    const stage = figure.querySelector(".stage");
    const canvas = stage.querySelector("canvas") ?? stage.appendChild(document.createElement("canvas"));
    // The SVG beneath has the words for those who can't see it.
    canvas.setAttribute("aria-hidden", "true");
    charts.get(figure)?.destroy();
    const chart = new Chart(canvas, data.kind === "map" ? map(data, figure) : distribution(data));
    charts.set(figure, chart);
    figure.classList.add("live");
    stage.classList.add("live");
    for (const set of hidden.get(figure) ?? []) show(chart, set, false);
  }

  function show(chart, set, isShown) {
    const index = chart.data.datasets.findIndex((dataset) => dataset.set === set);
    if (index >= 0) chart.setDatasetVisibility(index, isShown);
    chart.update();
  }

  // Keys become buttons that hide and show a set.
  function arm(figure) {
    hidden.set(figure, new Set());
    for (const key of figure.querySelectorAll(".keys li")) {
      const button = document.createElement("button");
      button.type = "button";
      button.setAttribute("aria-pressed", "true");
      button.append(...key.childNodes);
      key.append(button);
      button.addEventListener("click", () => {
        const isShown = button.getAttribute("aria-pressed") === "false";
        button.setAttribute("aria-pressed", String(isShown));
        hidden.get(figure)[isShown ? "delete" : "add"](key.dataset.set);
        show(charts.get(figure), key.dataset.set, isShown);
      });
    }
  }

  // A chart is drawn when it comes into sight: a page may have hundreds.
  const watcher = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        watcher.unobserve(target);
        arm(target);
        draw(target);
      }
    },
    { rootMargin: "200px" },
  );
  for (const stage of document.querySelectorAll(".stage")) watcher.observe(stage.closest("figure"));

  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => charts.forEach((_, figure) => draw(figure)));

  // A link to a check opens it.
  function reveal() {
    const target = document.getElementById(location.hash.slice(1));
    if (target?.matches("details.check")) target.open = true;
  }
  addEventListener("hashchange", reveal);
  reveal();
  for (const link of document.querySelectorAll('a[href^="#check-"]')) {
    link.addEventListener("click", () => {
      document.getElementById(link.hash.slice(1)).open = true;
    });
  }

  function button(text, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.addEventListener("click", act);
    return made;
  }

  const each = document.getElementById("each");
  if (each !== null) {
    const tools = document.createElement("span");
    tools.className = "tools screen";
    const all = (isOpen) => document.querySelectorAll("details.check").forEach((check) => (check.open = isOpen));
    tools.append(button("Open all", () => all(true)), " ", button("Close all", () => all(false)));
    each.before(tools);
  }

  const download = document.getElementById("download");
  download.append(" ", button("Save as JSON", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(outcome, null, 2)], { type: "application/json" }));
    link.download = "textmill-drift.json";
    link.click();
    URL.revokeObjectURL(link.href);
  }));
})();

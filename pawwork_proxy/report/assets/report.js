// The timeline: one lane per install, a mark per exchange or run. Everything that came from a
// capture is written with textContent or drawn on a canvas, never as markup.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("marks").textContent);
  const box = document.getElementById("timeline");
  const detail = document.getElementById("record");
  const list = document.getElementById("all-marks");
  const FIELDS = ["lane", "group", "start", "end", "count", "capture", "seq", "kind", "model",
    "key", "origin", "retry", "reset"];
  const WORDS = new Set(["group", "capture", "kind", "model", "key", "origin", "retry"]);
  const marks = data.marks.map((row) => Object.fromEntries(
    FIELDS.map((name, n) => [name, WORDS.has(name) ? data.words[row[n]] : row[n]])));
  printAll();
  if (!marks.length) return;
  const LANE = 44;
  const HALF_A_DATE = 34;
  const iso = (s) => new Date(s * 1000).toISOString().replace("T", " ").replace(/\.\d+Z|Z/, " UTC");
  let chosen = -1;
  let chart = null;

  const say = data.say;
  const rows = (mark) => [
    [say.install, data.lanes[mark.lane]],
    [say.outcome, mark.count > 1 ? `${mark.count} × ${mark.kind}` : mark.kind],
    [say.time, mark.count > 1 ? `${iso(mark.start)} – ${iso(mark.end)}` : iso(mark.start)],
    [say.model, `${mark.model}, ${mark.key}`],
    [say.by, mark.origin],
    [say.retry, mark.retry],
    [say.resets, mark.reset === null ? "-" : iso(mark.reset)],
    [say.record, `${mark.capture}#${mark.seq}`],
  ];

  function choose(n) {
    chosen = Math.max(0, Math.min(marks.length - 1, n));
    const element = (tag, text) =>
      Object.assign(document.createElement(tag), { textContent: text });
    detail.replaceChildren(...rows(marks[chosen]).flatMap(([name, value]) =>
      [element("dt", name), element("dd", value)]));
    chart.redraw(false);
    const top = marks[chosen].lane * LANE;
    if (top < box.scrollTop || top + LANE > box.scrollTop + box.clientHeight)
      box.scrollTop = top - box.clientHeight / 2;
  }

  const SHAPES = {
    ok: (c, x, y, r) => { c.arc(x, y, r, 0, 7); c.fill(); },
    quota: (c, x, y, r) => {
      c.moveTo(x, y - r * 1.5); c.lineTo(x + r * 1.5, y); c.lineTo(x, y + r * 1.5);
      c.lineTo(x - r * 1.5, y); c.closePath(); c.fill();
    },
    overload: (c, x, y, r) => {
      c.moveTo(x, y - r * 1.3); c.lineTo(x + r * 1.3, y + r); c.lineTo(x - r * 1.3, y + r);
      c.closePath(); c.fill();
    },
    rate_limit: (c, x, y, r) => { c.rect(x - r, y - r, 2 * r, 2 * r); c.fill(); },
    other: (c, x, y, r) => {
      c.moveTo(x - r, y - r); c.lineTo(x + r, y + r);
      c.moveTo(x + r, y - r); c.lineTo(x - r, y + r); c.stroke();
    },
  };
  const colour = (name) => getComputedStyle(box).getPropertyValue(`--${name}`).trim();
  const laneY = (u, lane) => u.bbox.top + (lane + 0.62) * (u.bbox.height / data.lanes.length);

  function draw(u) {
    const c = u.ctx;
    const px = devicePixelRatio;
    c.save();
    c.beginPath();
    c.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
    c.clip();
    c.lineWidth = px;
    c.strokeStyle = colour("reset");
    c.setLineDash([4 * px, 4 * px]);
    for (const reset of data.resets) {
      const x = u.valToPos(reset, "x", true);
      c.beginPath(); c.moveTo(x, u.bbox.top); c.lineTo(x, u.bbox.top + u.bbox.height); c.stroke();
    }
    c.setLineDash([]);
    c.font = `${12 * px}px system-ui, sans-serif`;
    c.textBaseline = "top";
    c.textAlign = "left";
    data.lanes.forEach((name, lane) => {
      const top = u.bbox.top + lane * (u.bbox.height / data.lanes.length);
      c.strokeStyle = colour("line");
      c.beginPath(); c.moveTo(u.bbox.left, top); c.lineTo(u.bbox.left + u.bbox.width, top); c.stroke();
      const words = `\u2068${name}\u2069`;
      c.fillStyle = colour("paper");
      c.fillRect(u.bbox.left + 2 * px, top + 2 * px, c.measureText(words).width + 4 * px, 14 * px);
      c.fillStyle = colour("muted");
      // First-strong isolate to its end: a name is drawn in its own direction only.
      c.fillText(words, u.bbox.left + 4 * px, top + 3 * px);
    });
    for (const group of data.groups.map(([id]) => id).reverse()) {
      c.fillStyle = c.strokeStyle = colour(group);
      for (const mark of marks) {
        if (mark.group !== group) continue;
        const x = u.valToPos(mark.start, "x", true);
        const y = laneY(u, mark.lane);
        if (mark.count > 1) {
          const width = Math.max(u.valToPos(mark.end, "x", true) - x, 2 * px);
          c.globalAlpha = 0.45;
          c.fillRect(x, y - 4 * px, width, 8 * px);
          c.globalAlpha = 1;
        }
        c.lineWidth = 2 * px;
        c.beginPath();
        SHAPES[group](c, x, y, 3.5 * px);
      }
    }
    if (chosen >= 0) {
      const mark = marks[chosen];
      c.strokeStyle = colour("text");
      c.lineWidth = 2 * px;
      c.beginPath();
      c.arc(u.valToPos(mark.start, "x", true), laneY(u, mark.lane), 9 * px, 0, 7);
      c.stroke();
    }
    c.restore();
  }

  function nearest(u, left, top) {
    const px = devicePixelRatio;
    let found = -1;
    let least = 24 * 24;
    marks.forEach((mark, n) => {
      const from = u.valToPos(mark.start, "x");
      const to = mark.count > 1 ? u.valToPos(mark.end, "x") : from;
      const dx = left < from ? from - left : left > to ? left - to : 0;
      const dy = (laneY(u, mark.lane) - u.bbox.top) / px - top;
      const far = dx * dx + dy * dy;
      if (far < least) { least = far; found = n; }
    });
    return found;
  }

  // ISO and 24 hours, whatever the browser's language; the day below where it changes.
  function ticks(u, splits, axis, space, step) {
    let day = "";
    return splits.map((s) => {
      const [date, time] = iso(s).split(" ");
      const next = date === day ? "" : `\n${date}`;
      day = date;
      if (step >= 86400) return date;
      return (step >= 60 ? time.slice(0, 5) : time.slice(0, 8)) + next;
    });
  }

  function build() {
    if (chart) chart.destroy();
    const first = marks[0].start;
    const last = marks.reduce((most, mark) => Math.max(most, mark.end), first);
    const lastStart = marks[marks.length - 1].start;
    const margin = Math.max((last - first) * 0.03, 1);
    chart = new uPlot({
      width: box.clientWidth,
      height: data.lanes.length * LANE + 50,
      padding: [null, HALF_A_DATE, null, HALF_A_DATE],
      tzDate: (s) => uPlot.tzDate(new Date(s * 1000), "Etc/UTC"),
      legend: { show: false },
      cursor: { y: false, points: { show: false } },
      scales: { x: { range: (u, low, high) => high - low >= lastStart - first
        ? [first - margin, last + margin] : [low, high] }, y: { range: [0, 1] } },
      axes: [{ side: 0, gap: 20, values: ticks, space: 80, stroke: () => colour("muted"),
        grid: { stroke: () => colour("line"), width: 1 }, ticks: { stroke: () => colour("line") } }, { show: false }],
      series: [{}, { paths: () => null, points: { show: false } }],
      hooks: { draw: [draw] },
    }, [marks.map((mark) => mark.start), marks.map(() => 0.5)], box);
    const point = (event) => {
      const n = nearest(chart, chart.cursor.left, chart.cursor.top);
      if (n >= 0 && (n !== chosen || event.type === "click")) choose(n);
    };
    chart.over.addEventListener("mousemove", point);
    chart.over.addEventListener("click", point);
  }

  box.addEventListener("keydown", (event) => {
    const refusal = (step) => {
      let n = chosen + step;
      while (n >= 0 && n < marks.length && marks[n].group !== "quota") n += step;
      return n >= 0 && n < marks.length ? n : chosen;
    };
    const to = {
      ArrowRight: () => chosen + 1, ArrowLeft: () => chosen - 1,
      ArrowDown: () => refusal(1), ArrowUp: () => refusal(-1),
      Home: () => 0, End: () => marks.length - 1,
    }[event.key];
    if (!to) return;
    event.preventDefault();
    choose(to());
  });

  // More rows than these make a page that is slow to open and that nobody reads.
  const MOST_ROWS = 2000;
  const evenly = (all, most) => all.length <= most ? all
    : Array.from({ length: most }, (_, n) => all[Math.floor(n * all.length / most)]);

  // All refusals by quota as long as a quarter is left for the others, which come evenly over time.
  function listed() {
    const refusals = marks.filter((mark) => mark.group === "quota");
    const others = marks.filter((mark) => mark.group !== "quota");
    const shown = evenly(refusals, MOST_ROWS - Math.min(others.length, MOST_ROWS / 4));
    const beside = evenly(others, MOST_ROWS - shown.length);
    const chosenOnes = new Set([...shown, ...beside]);
    const left = marks.length - chosenOnes.size;
    const numbers = { left, all: marks.length, shown: shown.length, refusals: refusals.length,
      beside: beside.length, others: others.length };
    const words = (left ? say.some : say.all).replace(/{(\w+)}/g, (_, name) => numbers[name]);
    return [marks.filter((mark) => chosenOnes.has(mark)), words];
  }

  list.addEventListener("toggle", () => {
    const body = list.querySelector("tbody");
    if (!list.open || body.childElementCount) return;
    const [rowsShown, words] = listed();
    document.getElementById("marks-shown").textContent = words;
    for (const mark of rowsShown) {
      const row = body.insertRow();
      for (const value of [iso(mark.start), data.lanes[mark.lane], mark.kind, mark.count,
        mark.model, `${mark.capture}#${mark.seq}`]) row.insertCell().textContent = value;
      row.cells[3].className = "number";
    }
  });

  // Paper shows what is closed on screen, in light colours also where the screen is dark.
  function printAll() {
    let opened = [];
    const turn = (printing) => {
      document.documentElement.classList.toggle("paper", printing);
      if (printing) opened = [...document.querySelectorAll("details:not([open], .no-print)")];
      for (const one of opened) one.open = printing;
      if (chart) chart.redraw(false);
    };
    addEventListener("beforeprint", () => turn(true));
    addEventListener("afterprint", () => turn(false));
  }

  // A link to a piece of evidence opens what it is in, also where the browser does not.
  function openTarget() {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    const around = target && target.closest("details");
    for (let one = around; one; one = one.parentElement.closest("details")) one.open = true;
    if (around) target.scrollIntoView();
  }
  // A phone shows the answer at once; elsewhere there is room for the evidence, too.
  for (const one of document.querySelectorAll(".roomy")) one.open ||= innerWidth > 640;
  addEventListener("hashchange", openTarget);
  openTarget();

  build();
  let width = box.clientWidth;
  new ResizeObserver(() => {
    if (Math.abs(box.clientWidth - width) < 2) return;
    width = box.clientWidth;
    build();
  }).observe(box);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change",
    () => chart.redraw(false));
})();

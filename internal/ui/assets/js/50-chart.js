// A chart with days behind it becomes one whose range can be chosen: dragged
// over, or taken from the buttons. Without this file the drawing and its table
// stay. The library is loaded only on pages that have such a chart.

const colour = (role) => {
  const probe = document.createElement('span');
  probe.style.color = `var(--${role})`;
  document.body.append(probe);
  const c = getComputedStyle(probe).color;
  probe.remove();
  return c;
};

const load = (box) => new Promise((done, failed) => {
  const css = document.createElement('link');
  css.rel = 'stylesheet';
  css.href = box.dataset.css;
  const js = document.createElement('script');
  js.src = box.dataset.js;
  js.onload = done;
  js.onerror = failed;
  document.head.append(css, js);
});

const zoomable = (box) => {
  const { days, series, ranges, before, after } = JSON.parse(box.dataset.zoom);
  const lang = document.documentElement.lang;
  const written = (parts) => new Intl.DateTimeFormat(lang, { timeZone: 'UTC', ...parts });
  const month = written({ month: 'short' });
  const dayMonth = (t) => `${new Date(t).getUTCDate()} ${month.format(t)}`; // the day first, as on the rest of the page
  const short = lang === 'en' ? { format: dayMonth } : written({ month: 'numeric', day: 'numeric' });
  const long = lang === 'en' ? { format: (t) => `${dayMonth(t)} ${new Date(t).getUTCFullYear()}` } : written({ year: 'numeric', month: 'short', day: 'numeric' });
  const digits = new Intl.NumberFormat(lang);
  const count = (v) => (v < 0 ? '−' : '') + before + digits.format(Math.abs(v)) + after;
  const axis = { stroke: colour('soft'), grid: { stroke: colour('line'), width: 1 }, ticks: { show: false }, font: `13px ${getComputedStyle(document.body).fontFamily}` };
  const plot = new uPlot({
    width: box.clientWidth,
    height: 280,
    tzDate: (s) => uPlot.tzDate(new Date(s * 1000), 'Etc/UTC'),
    cursor: { drag: { x: true, y: false } },
    scales: { y: { range: (u, lo, hi) => [Math.min(0, lo), Math.max(hi, 1)] } },
    axes: [
      { ...axis, space: 64, values: (u, ts) => ts.map((s) => short.format(s * 1000)) },
      { ...axis, size: 76, values: (u, vs) => vs.map((v) => count(v)) },
    ],
    series: [
      { label: box.dataset.day, value: (u, s) => (s == null ? '–' : long.format(s * 1000)) },
      ...series.map((s, i) => ({ label: s.name, stroke: colour(`s${i + 1}`), width: 2, dash: i ? [6, 4] : [], points: { show: false }, value: (u, v) => (v == null ? '–' : count(v)) })),
    ],
  }, [days, ...series.map((s) => s.values)], box);
  const bar = document.createElement('div');
  bar.className = 'zoom-ranges';
  bar.setAttribute('role', 'group');
  bar.setAttribute('aria-label', box.dataset.label);
  for (const r of ranges) {
    const b = document.createElement('button');
    b.type = 'button';
    b.className = 'button text';
    b.textContent = r.name;
    b.setAttribute('aria-pressed', String(!r.days));
    b.addEventListener('click', () => {
      const last = days[days.length - 1];
      plot.setScale('x', { min: r.days ? last - r.days * 86400 : days[0], max: last });
      for (const x of bar.children) x.setAttribute('aria-pressed', String(x === b));
    });
    bar.append(b);
  }
  box.prepend(bar);
  new ResizeObserver(() => plot.setSize({ width: box.clientWidth, height: 280 })).observe(box);
  box.closest('figure').classList.add('zoomed');
};

for (const box of document.querySelectorAll('[data-zoom]')) {
  box.hidden = false;
  load(box).then(() => zoomable(box), () => { box.hidden = true; });
}

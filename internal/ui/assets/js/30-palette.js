// Ctrl+K or / opens the palette; no key acts while someone types.
const palette = document.getElementById('palette');
if (palette?.showModal) {
  const input = palette.querySelector('input');
  const list = palette.querySelector('[role=listbox]');
  const none = palette.querySelector('[data-none]');
  const fixed = [...list.children];
  let options = fixed;
  let at = 0;
  let asked = 0;

  const fold = (s) => s.normalize('NFKC').toLowerCase();
  const show = (items) => {
    options = items;
    list.replaceChildren(...items);
    items.forEach((o, i) => { o.id = 'palette-' + i; });
    none.textContent = items.length ? '' : none.dataset.none;
    move(0);
  };
  const move = (to) => {
    at = Math.max(0, Math.min(options.length - 1, to));
    options.forEach((o, i) => o.setAttribute('aria-selected', i === at ? 'true' : 'false'));
    if (!options.length) { input.removeAttribute('aria-activedescendant'); return; }
    input.setAttribute('aria-activedescendant', options[at].id);
    options[at].scrollIntoView({ block: 'nearest' });
  };
  const made = ({ label, note, href }) => {
    const a = document.createElement('a');
    a.setAttribute('role', 'option');
    a.tabIndex = -1;
    a.href = href;
    a.textContent = label;
    if (note) {
      const n = document.createElement('span');
      n.className = 'note';
      n.textContent = note;
      a.append(n);
    }
    return a;
  };
  const find = async () => {
    const q = input.value.trim();
    const here = fixed.filter((o) => fold(o.textContent).includes(fold(q)));
    show(here);
    if (!palette.dataset.search || q.length < 2) return;
    const mine = ++asked;
    try {
      const r = await fetch(palette.dataset.search + '?q=' + encodeURIComponent(q), { headers: { Accept: 'application/json' } });
      if (r.ok && mine === asked) show([...here, ...(await r.json()).map(made)]);
    } catch { /* offline: the pages stay */ }
  };
  const open = () => {
    if (palette.open) return;
    input.value = '';
    palette.showModal();
    show(fixed);
    input.focus();
  };
  const typing = (el) => el.closest('input, textarea, select, [contenteditable]');

  let timer;
  input.addEventListener('input', (e) => {
    if (e.isComposing) return;
    clearTimeout(timer);
    timer = setTimeout(find, 120);
  });
  input.addEventListener('compositionend', find);
  input.addEventListener('keydown', (e) => {
    if (composing(e)) return;
    if (e.key === 'ArrowDown') { e.preventDefault(); move(at + 1); }
    if (e.key === 'ArrowUp') { e.preventDefault(); move(at - 1); }
    if (e.key === 'Enter') { e.preventDefault(); options[at]?.click(); }
  });
  palette.addEventListener('click', (e) => { if (e.target === palette) palette.close(); });
  document.addEventListener('keydown', (e) => {
    if (composing(e)) return;
    const k = (e.ctrlKey || e.metaKey) && !e.shiftKey && !e.altKey && e.key.toLowerCase() === 'k';
    const slash = e.key === '/' && !e.ctrlKey && !e.metaKey && !e.altKey && !typing(e.target);
    if (k || slash) { e.preventDefault(); open(); }
  });
  for (const b of document.querySelectorAll('[data-palette]')) {
    b.hidden = false;
    b.addEventListener('click', open);
  }
}

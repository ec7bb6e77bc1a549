// The gutter follows the text; a mark leads to its line.
for (const editor of document.querySelectorAll('[data-editor]')) {
  const area = editor.querySelector('textarea');
  const gutter = editor.querySelector('.gutter');
  const follow = () => { gutter.scrollTop = area.scrollTop; };
  const fit = () => {
    const n = area.value.split('\n').length;
    while (gutter.children.length < n) {
      const s = document.createElement('span');
      s.textContent = gutter.children.length + 1;
      gutter.append(s);
    }
    while (gutter.children.length > n) gutter.lastElementChild.remove();
    follow();
  };
  area.addEventListener('scroll', follow);
  area.addEventListener('input', fit);
  new ResizeObserver(() => { gutter.style.height = area.offsetHeight + 'px'; follow(); }).observe(area);
  for (const a of editor.querySelectorAll('[data-line]')) {
    a.addEventListener('click', (e) => {
      e.preventDefault();
      const lines = area.value.split('\n');
      const n = Number(a.dataset.line);
      const start = lines.slice(0, n - 1).join('\n').length + (n > 1 ? 1 : 0);
      area.focus();
      area.setSelectionRange(start, start + (lines[n - 1] ?? '').length);
      area.scrollTop = (n - 4) * parseFloat(getComputedStyle(area).lineHeight);
    });
  }
}

// A form tells beside it what it would come to while it is filled in. What is
// asked is a GET of the form's fields; without script a button asks the same.
// 422 says what is wrong with them. A whole page is some other answer: that of
// a session which ended, say.
for (const form of document.querySelectorAll('form[data-live]')) {
  const out = document.getElementById(form.dataset.liveInto);
  if (!out) continue;
  let timer;
  let asked = 0;
  const ask = async () => {
    const mine = ++asked;
    try {
      const r = await fetch(form.dataset.live + '?' + new URLSearchParams(new FormData(form)), { headers: { Accept: 'text/html' } });
      const text = await r.text();
      if ((r.ok || r.status === 422) && mine === asked && !/^\s*<!doctype/i.test(text)) out.innerHTML = text;
    } catch { /* offline: what stands there stays */ }
  };
  const soon = (e) => {
    if (e.isComposing) return;
    clearTimeout(timer);
    timer = setTimeout(ask, 300);
  };
  ask();
  form.addEventListener('input', soon);
  form.addEventListener('compositionend', soon);
}

// What is still being worked out is asked for again, unless somebody types.
for (const el of document.querySelectorAll('[data-again]')) {
  let typed = false;
  document.addEventListener('input', () => { typed = true; });
  setInterval(() => {
    if (!typed && !document.querySelector('dialog[open]')) location.reload();
  }, 1000 * el.dataset.again);
}

// Conveniences: every page works without this file.

const composing = (e) => e.isComposing || e.keyCode === 229;

// Enter that ends a Japanese conversion must not send the form; Safari marks
// it with key code 229 only.
document.addEventListener('keydown', (e) => {
  if (e.key === 'Enter' && composing(e)) e.preventDefault();
}, true);

// The error summary takes the focus, so that it is read first.
document.querySelector('[data-focus]')?.focus();

for (const a of document.querySelectorAll('.error-summary a')) {
  a.addEventListener('click', (e) => {
    const target = document.getElementById(a.hash.slice(1));
    if (!target) return;
    e.preventDefault();
    target.focus();
    target.scrollIntoView({ block: 'center' });
  });
}

document.addEventListener('click', (e) => {
  e.target.closest('[data-close]')?.parentElement.remove();
  for (const menu of document.querySelectorAll('details.menu[open]')) {
    if (!menu.contains(e.target)) menu.open = false;
  }
  const opener = e.target.closest('[data-dialog]');
  const dialog = opener && document.getElementById(opener.dataset.dialog);
  if (dialog?.showModal) {
    e.preventDefault();
    dialog.open = false;
    dialog.showModal();
  }
});

document.addEventListener('keydown', (e) => {
  if (e.key !== 'Escape') return;
  for (const menu of document.querySelectorAll('details.menu[open]')) {
    menu.open = false;
    menu.querySelector('summary').focus();
  }
});

// Of a row of pages wider than the screen the present one is in sight.
for (const here of document.querySelectorAll('.tabs [aria-current], .subtabs [aria-current]')) {
  const row = here.closest('nav');
  row.scrollLeft = here.offsetLeft - (row.clientWidth - here.offsetWidth) / 2;
}

// A form is sent once; Back from the next page brings its buttons to life.
document.addEventListener('submit', (e) => {
  const form = e.target;
  if (form.method !== 'post') return;
  if (form.dataset.sent) e.preventDefault();
  form.dataset.sent = 'yes';
});
addEventListener('pageshow', () => {
  for (const f of document.querySelectorAll('form[data-sent]')) delete f.dataset.sent;
});

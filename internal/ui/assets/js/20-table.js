// Selected rows are counted in words; Shift selects a range.
for (const form of document.querySelectorAll('[data-bulk]')) {
  const boxes = [...form.querySelectorAll('input[name=id]')];
  const line = form.querySelector('[data-bulk-count]');
  let last = -1;
  const count = () => {
    const n = boxes.filter((b) => b.checked).length;
    line.textContent = n ? line.dataset.bulkCount.replace('{n}', n) : '';
  };
  boxes.forEach((box, i) => box.addEventListener('click', (e) => {
    if (e.shiftKey && last >= 0) {
      for (let j = Math.min(i, last); j <= Math.max(i, last); j++) boxes[j].checked = box.checked;
    }
    last = i;
    count();
  }));
  count();
}

// A file may be dropped on its field.
for (const field of document.querySelectorAll('[data-drop]')) {
  const input = field.querySelector('input[type=file]');
  const over = (on) => (e) => { e.preventDefault(); field.classList.toggle('over', on); };
  field.addEventListener('dragover', over(true));
  field.addEventListener('dragleave', over(false));
  field.addEventListener('drop', (e) => {
    over(false)(e);
    if (e.dataTransfer.files.length) input.files = e.dataTransfer.files;
  });
}

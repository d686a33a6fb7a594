"""What can be wrong with a lab on a wall, measured in the page: `faults(lab)` gives sentences."""

# Of all that can be seen in a lab: type under 3 % of the page's height, text that is cut, what
# scrolls; and in the view in the centre, what lies on a tick or covers a point of the data.
MEASURE = r"""lab => {
  const found = [], least = 0.03 * innerHeight, seen = (e) => e.checkVisibility(
    { visibilityProperty: true, opacityProperty: true }) && e.getClientRects().length > 0;
  const said = (e) => (e.textContent || e.value || '').trim().slice(0, 40);
  const pixels = (e) => {
    const text = e.closest('text'), size = parseFloat(getComputedStyle(text ?? e).fontSize);
    const turned = text?.getScreenCTM();
    return size * (turned ? Math.hypot(turned.a, turned.b) : 1);
  };
  const walker = document.createTreeWalker(lab, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());) {
    const e = node.parentElement;
    if (!node.data.trim() || !seen(e) || e.closest('style, script, option, defs')) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const { width, height } = range.getBoundingClientRect();
    if (width < 1 || height < 1) continue;
    if (pixels(e) < least - 0.01) {
      found.push(`type of ${pixels(e).toFixed(1)} px, under ${least.toFixed(1)}: ${said(e)}`);
    }
  }
  for (const e of lab.querySelectorAll('select, input:not([type=range])')) {
    if (!seen(e)) continue;
    if (pixels(e) < least - 0.01) found.push(`a control of ${pixels(e)} px: ${e.value}`);
    if (e.tagName !== 'SELECT') continue;
    const pen = document.createElement('canvas').getContext('2d'), css = getComputedStyle(e);
    pen.font = `${css.fontSize} ${css.fontFamily}`;
    const text = e.selectedOptions[0]?.text ?? '', { width } = pen.measureText(text);
    const room = e.clientWidth - parseFloat(css.paddingLeft) - parseFloat(css.paddingRight);
    if (width > room + 1) found.push(`a menu cuts ${text}: ${width.toFixed(0)} px in ${room}`);
  }
  for (const e of lab.querySelectorAll('.widget-label, .widget-readout, .widget-button')) {
    if (seen(e) && e.scrollWidth > e.clientWidth + 1) found.push(`cut: ${said(e)}`);
  }
  for (const e of [lab, ...lab.querySelectorAll('*')]) {
    const { overflowY } = getComputedStyle(e);
    if (!/auto|scroll/.test(overflowY) || !seen(e) || e.tagName === 'TEXTAREA') continue;
    if (e.scrollHeight > e.clientHeight + 1) {
      found.push(`scrolls: ${e.className} ${e.scrollHeight} in ${e.clientHeight}`);
    }
  }
  const ends = lab.getBoundingClientRect();
  for (const e of lab.querySelectorAll('.course-row > *, .course-transport > *, .course-view, '
      + '.course-words > *, .course-sentence, .course-note, .course-time *, .course-events > *')) {
    const { top, right, bottom, width, height } = e.getBoundingClientRect();
    if (!width || !height || !seen(e) || e.closest('.course-more')) continue;
    if (right > ends.right + 1 || bottom > ends.bottom + 1 || top < ends.top - 1) {
      found.push(`outside the page: ${e.className} ${said(e)}`);
    }
  }
  for (const box of lab.querySelectorAll('.course-words')) {
    const { top, bottom } = box.getBoundingClientRect(), grid = box.parentElement;
    const end = grid.getBoundingClientRect().bottom, inner = box.scrollHeight + top;
    const low = Math.max(bottom, inner) - end;
    if (seen(box) && low > 2) found.push(`words end ${low} px under the figures`);
  }
  return found;
}"""

CENTRE = r"""lab => {
  const found = [], view = lab.querySelector('.course-view[data-place=centre]');
  const gd = view.querySelector('.course-plot');
  if (!gd) return found;
  const rect = (e) => {
    const { left, right, top, bottom } = e.getBoundingClientRect();
    return { left, right, top, bottom };
  };
  const all = (selector) => [...view.querySelectorAll(selector)].filter((e) =>
    e.checkVisibility() && e.getBoundingClientRect().width > 0 && e.textContent.trim()
    && e.style.display !== 'none' && getComputedStyle(e).opacity !== '0');
  const kinds = {
    tick: all('.xtick text, .ytick text'), title: all('.gtitle, .xtitle, .ytitle'),
    legend: [...view.querySelectorAll('.legend')].filter((e) => e.getBBox().width > 0),
    note: all('.annotation-text'), name: all('.course-labels span:not([hidden])'),
  };
  const boxes = Object.entries(kinds).flatMap(([kind, list]) =>
    list.map((e) => ({ kind, text: e.textContent, ...rect(e) })));
  boxes.forEach((a, i) => boxes.slice(0, i).forEach((b) => {
    const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const up = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    const slack = a.kind === 'tick' && b.kind === 'tick' ? 3 : 1.5;
    if (across > slack && up > slack + 0.12 * Math.min(a.bottom - a.top, b.bottom - b.top)) {
      found.push(`${view.getAttribute('aria-label')}: ${a.kind} ${a.text} on ${b.kind} ${b.text}`);
    }
  }));
  const { xaxis, yaxis } = gd._fullLayout, plot = gd.getBoundingClientRect();
  if (!xaxis?._length || gd.data.some(({ type }) => type === 'surface')) return found;
  const covers = boxes.filter(({ kind }) => kind !== 'tick' && kind !== 'title');
  const seenAt = (x, y) => [xaxis._offset + plot.left + xaxis.d2p(x),
    yaxis._offset + plot.top + yaxis.d2p(y)];
  for (const { type, name, x = [], y = [], fill, visible } of gd.data) {
    if (!name || visible === false || (fill && fill !== 'none')) continue;
    if (type !== 'scatter' && type !== 'bar') continue;
    for (let i = 0; i < x.length; i++) {
      const [a, b] = seenAt(x[i], y[i]);
      for (const { kind, text, left, right, top, bottom } of covers) {
        if (a > left + 1 && a < right - 1 && b > top + 2 && b < bottom - 2) {
          found.push(`${view.getAttribute('aria-label')}: ${kind} ${text} covers ${name} at ${i}`);
          i = x.length;
          break;
        }
      }
    }
  }
  return found;
}"""

# In how many lines the controls above the figures stand, row by row.
ROWS = """lab => [...lab.children].filter(e => e.matches('.course-row') && e.checkVisibility())
    .map(row => {
        const boxes = [...row.children].filter(e => e.checkVisibility())
            .map(e => e.getBoundingClientRect()).sort((a, b) => a.top - b.top);
        let lines = 0, end = -Infinity;
        for (const { top, bottom } of boxes) {
            if (top >= end - 4) lines += 1;
            end = Math.max(end, bottom);
        }
        return lines;
    })"""

// Elements, made and changed in place. Whatever a client or a shard named goes in as text, never as
// markup, and with marks that nobody sees written out.

export const byId = (id) => document.getElementById(id);

// Characters that turn text around or have no width, as their number: a name can't pretend to be
// another one.
function visible(text) {
  return String(text).replace(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (mark) =>
      `⟨U+${mark.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}⟩`);
}

// What somebody typed or copied from this page, with such numbers as the characters they are.
export function typed(id) {
  return byId(id).value.replace(/⟨U\+([0-9A-F]{4,5})⟩/g, (mark, digits) => String.fromCodePoint(parseInt(digits, 16)));
}

// element('td', {class: 'number', text: '12'}, child, …); options are attributes, but for `text`.
export function element(name, options = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(options)) {
    if (value === undefined || value === false) continue;
    if (key === 'text') node.textContent = visible(value);
    else node.setAttribute(key, key === 'aria-label' ? visible(value) : value === true ? '' : value);
  }
  node.append(...children.map((child) => (typeof child === 'string' ? visible(child) : child)));
  return node;
}

// Only what differs is written: nothing is announced, selected or laid out anew for nothing.
export function setText(node, text) {
  const shown = visible(text);
  if (node.textContent !== shown) node.textContent = shown;
}

export function setAttribute(node, name, value) {
  const shown = name === 'aria-label' ? visible(value) : String(value);
  if (value === undefined || value === false) node.removeAttribute(name);
  else if (node.getAttribute(name) !== shown) node.setAttribute(name, shown);
}

export function setHidden(node, hidden) {
  if (node.hidden !== hidden) node.hidden = hidden;
}

// A row of a table that a narrow screen shows as a card: roles are written out, since a row that is
// laid out as a block loses its own, and each cell has its column's name.
export function row(...cells) {
  return element('tr', {role: 'row'}, ...cells);
}

export function headCell(options, ...children) {
  return element('th', {scope: 'row', role: 'rowheader', ...options}, ...children);
}

export function cell(label, options = {}, ...children) {
  const inside = children.length ? [element('div', {}, ...children)] : [];
  return element('td', {role: 'cell', 'data-label': label, ...options}, ...inside);
}

// Children of `parent`, one item each, kept while their key is: focus, selection and what is opened
// survive a refresh. `make(item)` gives {nodes, update(item)}; `empty` is shown when there is none.
export class KeyedList {
  constructor(parent, {key, make, empty}) {
    Object.assign(this, {parent, key, make, empty});
    this.entries = new Map();
  }

  show(items) {
    const focused = document.activeElement;
    const kept = new Map();
    for (const item of items) {
      const key = this.key(item);
      if (kept.has(key)) continue;
      const entry = this.entries.get(key) ?? this.make(item);
      entry.update(item);
      kept.set(key, entry);
    }
    this.entries = kept;
    const nodes = [...kept.values()].flatMap((entry) => entry.nodes);
    this.place(nodes.length || !this.empty ? nodes : [this.empty]);
    if (focused !== document.activeElement && focused?.isConnected) {
      focused.focus({preventScroll: true});
    }
  }

  place(nodes) {
    const wanted = new Set(nodes);
    for (const child of [...this.parent.children]) if (!wanted.has(child)) child.remove();
    let next = this.parent.firstElementChild;
    for (const node of nodes) {
      if (node === next) next = next.nextElementSibling;
      else this.parent.insertBefore(node, next);
    }
  }
}

export function emptyRow(columns, text) {
  return row(element('td', {role: 'cell', class: 'empty', colspan: columns, text}));
}

// Says something to whoever does not see the page; at most the last of what is said at once.
export function announce(text) {
  byId('announcements').textContent = visible(text);
}

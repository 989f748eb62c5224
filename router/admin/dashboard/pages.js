// "51–100 of 10,000", Previous and Next, for a list the router gives in parts.
import {element, setHidden, setText} from './dom.js';
import {number} from './format.js';

export class Pages {
  constructor(nav, size, changed) {
    Object.assign(this, {nav, size, offset: 0, total: 0});
    this.back = element('button', {type: 'button', text: 'Previous'});
    this.forth = element('button', {type: 'button', text: 'Next'});
    this.text = element('span', {class: 'quiet'});
    nav.append(this.back, this.text, this.forth);
    this.back.addEventListener('click', () => this.turn(-size, changed));
    this.forth.addEventListener('click', () => this.turn(size, changed));
  }

  turn(by, changed) {
    const last = Math.max(0, Math.ceil(this.total / this.size) - 1) * this.size;
    this.offset = Math.min(last, Math.max(0, this.offset + by));
    changed();
  }

  // False when the page that was asked for is no longer there; the one before is asked for next.
  show(total) {
    this.total = total;
    const beyond = this.offset > 0 && this.offset >= total;
    if (beyond) this.turn(0, () => {});
    setHidden(this.nav, total <= this.size);
    const end = Math.min(total, this.offset + this.size);
    setText(this.text, `${number(this.offset + 1)}–${number(end)} of ${number(total)}`);
    // Not `disabled`: that would take the focus away from a button that has it.
    this.back.setAttribute('aria-disabled', this.offset === 0);
    this.forth.setAttribute('aria-disabled', end >= total);
    return !beyond;
  }
}

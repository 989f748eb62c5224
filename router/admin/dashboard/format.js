// Values as a person reads them.

export const number = (value) => (value ?? 0).toLocaleString('en');

export function rate(value) {
  if (value === null || value === undefined) return '–';
  return value < 10 && !Number.isInteger(value) ? value.toFixed(1) : number(Math.round(value));
}

const steps = [[86400, 'd', 3600, 'h'], [3600, 'h', 60, 'min'], [60, 'min', 1, 's']];

// "3 h 12 min": the two greatest units, the second only where it still says something.
export function span(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  for (const [unit, name, part, partName] of steps) {
    if (whole < unit) continue;
    const rest = Math.floor((whole % unit) / part);
    const first = `${Math.floor(whole / unit)} ${name}`;
    return rest && whole < 10 * unit ? `${first} ${rest} ${partName}` : first;
  }
  return `${whole} s`;
}

const twoDigits = (value) => String(value).padStart(2, '0');

export function clock(time) {
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map(twoDigits).join(':');
}

// The day too, unless it is today.
export function moment(time) {
  if (time.toDateString() === new Date().toDateString()) return clock(time);
  return `${time.getFullYear()}-${twoDigits(time.getMonth() + 1)}-${twoDigits(time.getDate())} ${clock(time)}`;
}

export const plural = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;

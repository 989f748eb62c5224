// Questions and orders to api/v1. Addresses are relative: the page works below any path.

const patience = 10000;  // ms

export class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function answer(path, options) {
  const response = await fetch(`api/v1/${path}`,
                               {cache: 'no-cache', signal: AbortSignal.timeout(patience), ...options});
  const text = await response.text();
  let body = {};
  try {
    body = JSON.parse(text);
  } catch {
    if (response.ok) throw new Refusal(response.status, 'the answer is not of a router');
  }
  if (!response.ok) throw new Refusal(response.status, body.error ?? (text.trim() || response.statusText));
  return body;
}

// ask('rooms', {search: 'x', limit: 50})
export function ask(path, parameters = {}) {
  const query = new URLSearchParams(parameters).toString();
  return answer(query ? `${path}?${query}` : path);
}

export function order(method, path, token, body) {
  const headers = {Authorization: `Bearer ${token}`};
  return answer(path, {method, headers, body: body && JSON.stringify(body)});
}

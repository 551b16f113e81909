// A browser without a screen and without script: cookies, redirects, forms. It follows the pages of the authorization
// server the way a person does, and stops where a redirect leaves for the client.

/** A form of a page: where it goes, what it sends by itself, and its buttons in order. */
class Form {
  constructor(page, html) {
    const tag = html.slice(0, html.indexOf('>') + 1);
    this.action = new URL(attribute(tag, 'action') ?? page.url, page.url);
    this.method = (attribute(tag, 'method') ?? 'get').toLowerCase();
    this.inputs = tags(html, 'input').map(described).filter((input) => input.name);
    this.buttons = tags(html, 'button').map(described);
  }

  /** Whether it has an input of this type. */
  asks(type) {
    return this.inputs.some((input) => input.type === type);
  }

  /** What a browser would send with nothing typed: hidden inputs, ticked boxes, prefilled texts. */
  values() {
    const sent = new URLSearchParams();
    for (const { name, type, value, checked } of this.inputs) {
      if (!['checkbox', 'radio'].includes(type) || checked) sent.append(name, value ?? (checked ? 'on' : ''));
    }
    return sent;
  }
}

/** What the authorization server showed: an HTML page, or the address at which it let the browser go. */
class Page {
  constructor(url, status, html) {
    Object.assign(this, { url, status, html });
  }

  get forms() {
    return (this.html ?? '').split(/(?=<form[\s>])/).slice(1).map((html) => new Form(this, html.split('</form>')[0]));
  }

  form(fits) {
    const found = this.forms.find(fits);
    if (!found) throw new Error(`no such form at ${this.url} (${this.status}):\n${this.html}`);
    return found;
  }
}

export class Browser {
  #jar = new Map();

  /** `home` is the origin whose pages it follows; a redirect to anywhere else ends the walk. */
  constructor(home) {
    this.home = new URL(home).origin;
  }

  async open(url) {
    return this.#walk(new URL(url), { method: 'GET' });
  }

  /** Sends a form with these values over its own, by its first button. */
  async submit(form, values = {}) {
    const sent = form.values();
    for (const [name, value] of Object.entries(values)) sent.set(name, value);
    const [button] = form.buttons;
    if (button?.name) sent.append(button.name, button.value ?? '');
    if (form.method === 'get') {
      const url = new URL(form.action);
      url.search = sent;
      return this.open(url);
    }
    return this.#walk(form.action, { method: 'POST', body: sent });
  }

  async #walk(url, init) {
    for (let hops = 0; hops < 10; hops++) {
      if (url.origin !== this.home) return new Page(url);
      const headers = { cookie: [...this.#jar].map((pair) => pair.join('=')).join('; '), accept: 'text/html' };
      if (init.method === 'POST') headers.origin = this.home;
      const answer = await fetch(url, { ...init, headers, redirect: 'manual' });
      answer.headers.getSetCookie().forEach((cookie) => this.#keep(cookie));
      const target = answer.headers.get('location');
      if (!target) return new Page(url, answer.status, await answer.text());
      await answer.arrayBuffer();
      url = new URL(target, url);
      init = { method: 'GET' };
    }
    throw new Error(`redirects without end at ${url}`);
  }

  #keep(cookie) {
    const [pair, ...attributes] = cookie.split(/;\s*/);
    const [name, value] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
    const ended = attributes.some((one) => /^max-age=(0|-\d+)$/i.test(one));
    if (ended) this.#jar.delete(name);
    else this.#jar.set(name, value);
  }
}

/** Logs in where a page asks for a password, consents where one asks for that, and ends where the client is reached. */
export async function through(browser, page, { username, password, consent = true }) {
  for (let pages = 0; pages < 5 && page.html !== undefined; pages++) {
    const login = page.forms.find((form) => form.asks('password'));
    if (login) {
      const [name, secret] = ['text', 'password'].map((type) => login.inputs.find((input) => input.type === type).name);
      page = await browser.submit(login, { [name]: username, [secret]: password });
    } else if (page.forms.length === 0 || page.status >= 400) {
      throw new Error(`stuck at ${page.url} (${page.status}):\n${page.html}`);
    } else if (isSelfPosting(page)) {
      return page;
    } else {
      const answer = consent ? '/consent' : '/refuse';
      page = await browser.submit(page.form((form) => form.action.pathname.endsWith(answer)));
    }
  }
  return page;
}

/** Whether a page is the answer by form_post, which a browser with script sends on by itself. */
export function isSelfPosting(page) {
  return page.forms.some((form) => form.action.origin !== new URL(page.url).origin);
}

function tags(html, name) {
  return html.match(new RegExp(`<${name}(?:\\s[^>]*)?>`, 'g')) ?? [];
}

function described(tag) {
  const [name, type, value] = ['name', 'type', 'value'].map((one) => attribute(tag, one));
  return { name, type: type ?? 'text', value, checked: /\schecked[\s>=]/.test(tag) };
}

function attribute(tag, name) {
  const found = tag.match(new RegExp(`\\s${name}="([^"]*)"`));
  const entities = { '&quot;': '"', '&#39;': "'", '&lt;': '<', '&gt;': '>', '&amp;': '&' };
  return found?.[1].replace(/&(quot|#39|lt|gt|amp);/g, (entity) => entities[entity]);
}

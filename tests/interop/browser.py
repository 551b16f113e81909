"""A browser without a screen and without script, for authlib_client.py: it follows the pages as a person does."""

from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import requests


class Form:
    """Where it goes and what it sends by itself."""

    def __init__(self, action):
        self.action, self.inputs = action, []

    def named(self, kind):
        """The name of the first input of this type, None without one."""
        return next((one["name"] for one in self.inputs if one.get("type", "text") == kind), None)

    def values(self):
        """What a browser would send with nothing typed."""
        ticks = ("checkbox", "radio")
        return [
            (one["name"], one.get("value", "on" if one.get("type") in ticks else ""))
            for one in self.inputs
            if "name" in one and (one.get("type") not in ticks or "checked" in one)
        ]


class Forms(HTMLParser):
    """All forms of a page."""

    def __init__(self, url, html):
        super().__init__()
        self.url, self.found = url, []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "form":
            self.found.append(Form(urljoin(self.url, attrs.get("action") or self.url)))
        elif self.found and tag == "input":
            self.found[-1].inputs.append(attrs)


class Browser:
    """Follows redirects within `home` and answers the address at which it was let go."""

    def __init__(self, home, username, password):
        self.home, self.username, self.password = urlsplit(home).netloc, username, password
        self.session = requests.Session()

    def walk(self, url):
        """Opens an address, logs in and consents where it is asked to, and ends where it leaves for the client."""
        answer = self._follow("GET", url)
        for _ in range(5):
            if isinstance(answer, str):
                return answer
            answer = self._answer(answer)
        raise AssertionError(f"pages without end at {answer.url}")

    def connect(self, url):
        """Opens the page of devices by a link with a code in it, and says yes until the device is connected."""
        answer = self._follow("GET", url)
        for _ in range(5):
            if answer.url.endswith("/device/done?done=1"):
                return
            answer = self._answer(answer)
        raise AssertionError(f"pages without end at {answer.url}")

    def _answer(self, page):
        forms = Forms(page.url, page.text).found
        if page.status_code >= 400 or not forms:
            raise AssertionError(f"stuck at {page.url} ({page.status_code}):\n{page.text}")
        for form in forms:
            if form.named("password"):
                typed = {form.named("text"): self.username, form.named("password"): self.password}
                return self._submit(form, typed)
        yes = ("/consent", "/device", "/confirm")
        return self._submit(next(form for form in forms if form.action.endswith(yes)), {})

    def _submit(self, form, typed):
        values = [(name, value) for name, value in form.values() if name not in typed] + list(typed.items())
        return self._follow("POST", form.action, data=values, headers={"origin": f"http://{self.home}"})

    def _follow(self, method, url, **how):
        for _ in range(10):
            if urlsplit(url).netloc != self.home:
                return url
            answer = self.session.request(method, url, allow_redirects=False, timeout=30, **how)
            if "location" not in answer.headers:
                return answer
            method, url, how = "GET", urljoin(url, answer.headers["location"]), {}
        raise AssertionError(f"redirects without end at {url}")

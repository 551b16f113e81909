// Sends the form on the page: the answer for a client travels in it. Without this the person presses the button.
document.querySelector("form.self-posting")?.submit();

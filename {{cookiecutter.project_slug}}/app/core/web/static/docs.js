// The strict content security policy of the page allows no script inside it.
const element = document.getElementById("swagger-ui");

window.ui = SwaggerUIBundle({
  domNode: element,
  url: element.dataset.url,
  deepLinking: true,
  tryItOutEnabled: true,
});
{% if cookiecutter.auth == "jwt" %}

const form = document.getElementById("sign-in");
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = await fetch(form.dataset.url, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(Object.fromEntries(new FormData(form))),
  });
  const content = await answer.json();
  if (answer.ok) window.ui.preauthorizeApiKey("bearer", content.access_token);
  form.querySelector("output").value = answer.ok ? "Signed in." : content.detail;
});
{% endif %}

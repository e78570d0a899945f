// The strict content security policy of the page allows no script inside it.
const element = document.getElementById("swagger-ui");

SwaggerUIBundle({
  domNode: element,
  url: element.dataset.url,
  deepLinking: true,
  tryItOutEnabled: true,
});

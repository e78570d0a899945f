"""HTTP: what requests and answers look like, and the OpenAPI document about them."""

"""Applications that receive webhooks: over HTTP, or as WSGI and ASGI objects in this process."""

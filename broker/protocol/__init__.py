"""OAuth 2.0 and OpenID Connect as pure functions: data in, data or a named error out. Nothing here awaits or logs."""

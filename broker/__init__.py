"""Identity broker: signs people in with Microsoft and other OpenID Providers, hands back a session."""

"""How we prove to a provider's token endpoint who we are: a file for each kind, and the ordered list of them."""

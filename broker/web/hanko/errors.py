"""How Hanko's clients spell our errors, as far as no other face spells them so (`web/errors`)."""

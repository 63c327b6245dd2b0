"""Our models as the exact JSON of Hanko's clients, as far as no other face shows the same (`web/shapes`)."""

"""Users and what belongs to them: who an identity is here, and what an operator may do to a user."""

"""The name by which a sign-in remembers that a flow began it (`SignIn.surface`)."""

SURFACE = "hanko"

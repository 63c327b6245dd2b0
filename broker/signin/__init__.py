"""One sign-in, from the first click to the hand-off."""

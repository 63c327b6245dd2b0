"""The sign-in page of ours, for those who do not draw one themselves."""

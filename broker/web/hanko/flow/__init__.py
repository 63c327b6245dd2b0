"""The Flow API: states and actions that a page is led through. Nothing of a flow is stored."""

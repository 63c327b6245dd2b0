"""The demo application: what a team that uses the broker writes, and nothing more.

`app` is its backend, `static/` its one page, `session` and `keys` how the backend knows who is calling. It imports
nothing of the broker, so that it can be copied out and run alone, and so that it meets the broker only over HTTP.
"""

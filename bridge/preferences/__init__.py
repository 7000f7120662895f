"""The settings window, a process of its own: sites, those that asked, drivers, language, start at login.

It edits the user's config.toml, which the daemon follows, so that it works whether one runs or not. What the
administrator has set it shows and does not change. No page can bring it up, or anything in it.
"""

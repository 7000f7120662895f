"""The browsers' own policies: whether one asks the person before a site may reach this computer's bridge.

Each kind of browser is one file that knows where its policy lies and what is written there. So far they are
read only.
"""

"""The browsers' own policies: whether one asks the person before a site may reach this computer's bridge.

Each kind of browser is one file that knows where its policy lies and what stands there. `known` and what it
names look; `rollout` and what it names write.
"""

"""The diagnosis: checks that find, words that explain, repairs that are safe, and a file for the help desk.

Nothing in here asks for a PIN, logs in to a card, or talks to the network.
"""

"""The preview process: it reads the documents and says what a person is shown of them.

It is no part of the dialog, so that a document can harm neither the window nor the PIN that is typed there.
"""

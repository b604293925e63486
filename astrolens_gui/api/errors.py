"""The one exception that means: the person's input is wrong, and here is the sentence that says how to mend it."""


class UserError(ValueError):
    """Its text is one clear sentence that names the file or parameter and the remedy; shown without a traceback."""

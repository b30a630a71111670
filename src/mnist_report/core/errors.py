"""The one error class whose message is written for the person at the keyboard."""


class UserError(Exception):
    """Something a user can mend: a parameter, a file, a download.

    The message is one line that says what is wrong, where, what is allowed and what to do
    next. A stage that ends with it prints that line without a traceback and exits with 1.
    """

"""The one error class whose message is written for the person at the keyboard."""


class UserError(Exception):
    """Something a user can mend: a stage that ends with it prints the message and exits with 1.

    The message says what is wrong, where, what is allowed and what to do next. It becomes one line
    that steers no terminal, whatever a file or an address in it holds.
    """

    def __init__(self, message: str) -> None:
        line = " ".join(message.split())
        super().__init__("".join(c if c.isprintable() else ascii(c)[1:-1] for c in line))

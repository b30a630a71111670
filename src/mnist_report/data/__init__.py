"""Images and labels once they are scaled: opened, drawn, distorted, described by their edges."""

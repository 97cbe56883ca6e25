"""From what a user sends, of any form and length, to the errors in it, in order."""

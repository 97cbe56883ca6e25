"""The nouns: frozen values that every stage takes and returns. They import nothing but errors."""

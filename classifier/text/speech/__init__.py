"""Speech in a text: quotation marks, reporting words, names, and who says what."""

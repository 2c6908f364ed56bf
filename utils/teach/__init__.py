"""What an instructor runs: student copies of the notebooks, marks, decks, and a site. No notebook imports it."""

"""Reads an answer and says where it goes wrong: `code` reads programs from inside, `algebra` derivations by line."""

"""Reads a program: runs it, compares what comes out, and looks inside it for the first part that is wrong."""

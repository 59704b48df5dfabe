"""Compiling models: export, proof and measurement. See compile.py."""

"""What needs paribus; each module is run by its Python and prints JSON."""

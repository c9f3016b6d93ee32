"""One file per verb. Only typer is imported at the top; everything else when the verb runs."""

"""One file per figure, in a folder for each part of the page: its name, its table, how it is drawn, its caption."""

"""What a study came to, as tables, figures and one page that can be mailed."""

"""Knowledge of the site, as data: lists, addresses, page templates, furniture."""

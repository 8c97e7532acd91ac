"""What is known of the site, as data: lists, addresses, page templates, furniture."""
